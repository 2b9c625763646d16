-- Run once, when the database is made. The owner migrates and makes Muniment's other roles; the
-- application's role gets from it only what it needs. Neither is a superuser.
\set owner_password `cat "${SECRETS:-/run/secrets}/owner-password"`
\set app_password `cat "${SECRETS:-/run/secrets}/app-password"`
CREATE ROLE muniment_owner LOGIN NOSUPERUSER NOCREATEDB CREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE muniment_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
CREATE DATABASE muniment OWNER muniment_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE TEMPORARY ON DATABASE muniment FROM PUBLIC;
