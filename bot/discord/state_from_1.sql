CREATE TABLE known_server (
    server bigint PRIMARY KEY, departed bigint -- seconds since 1970
);
