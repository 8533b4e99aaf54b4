CREATE TABLE known_server (
    server bigint PRIMARY KEY, departed bigint -- seconds since 1970
);
ALTER TABLE vote ADD COLUMN channel bigint NOT NULL DEFAULT 0;
ALTER TABLE vote ADD COLUMN reason text NOT NULL DEFAULT '';
CREATE TABLE refusal (server bigint NOT NULL, channel bigint NOT NULL, message bigint PRIMARY KEY);
CREATE INDEX refusal_server ON refusal (server);
CREATE TABLE question (
    server bigint NOT NULL, message bigint PRIMARY KEY, member bigint NOT NULL, text text NOT NULL
);
CREATE TABLE keeps_questions (server bigint PRIMARY KEY);
