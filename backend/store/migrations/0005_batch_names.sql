-- How the sender calls a batch, such as its file's name, and who sent it.

ALTER TABLE batch ADD COLUMN name TEXT;
ALTER TABLE batch ADD COLUMN sender TEXT;
