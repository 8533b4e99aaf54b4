CREATE TABLE binding (
    server bigint NOT NULL, channel bigint NOT NULL, article bigint NOT NULL,
    PRIMARY KEY (channel, article)
);
CREATE TABLE vote (
    server bigint NOT NULL, message bigint NOT NULL, member bigint NOT NULL,
    helpful int NOT NULL, channel bigint NOT NULL DEFAULT 0, reason text NOT NULL DEFAULT '',
    PRIMARY KEY (message, member)
);
CREATE INDEX vote_server ON vote (server);
CREATE TABLE count (
    server bigint NOT NULL, name text NOT NULL, value bigint NOT NULL, PRIMARY KEY (server, name)
);
CREATE TABLE synced (scope text PRIMARY KEY, definition text NOT NULL);
CREATE TABLE known_server (
    server bigint PRIMARY KEY, departed bigint -- seconds since 1970
);
CREATE TABLE refusal (server bigint NOT NULL, channel bigint NOT NULL, message bigint PRIMARY KEY);
CREATE INDEX refusal_server ON refusal (server);
CREATE TABLE question (
    server bigint NOT NULL, message bigint PRIMARY KEY, member bigint NOT NULL, text text NOT NULL
);
CREATE TABLE keeps_questions (server bigint PRIMARY KEY);
