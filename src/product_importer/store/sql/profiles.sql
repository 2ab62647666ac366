-- Profiles: how files are read and merged, by name.

-- name: list
-- Returns all profiles, by name.
SELECT name, profile, signature, created_at, updated_at, author FROM profiles ORDER BY name

-- name: get
-- Returns the profile with the name $1.
SELECT name, profile, signature, created_at, updated_at, author FROM profiles WHERE name = $1

-- name: fitting
-- Returns the profiles for files whose header has the signature $1, the latest first.
SELECT name, profile, signature, created_at, updated_at, author
FROM profiles
WHERE signature = $1
ORDER BY updated_at DESC, name

-- name: save
-- Stores a profile under its name, in place of an earlier one; without a signature, the earlier one's stays.
INSERT INTO profiles AS p (name, profile, signature, author)
VALUES (:name, :profile, :signature, :author)
ON CONFLICT (name) DO UPDATE
SET profile = :profile, signature = coalesce(:signature, p.signature), updated_at = now()
RETURNING name, profile, signature, created_at, updated_at, author

-- name: add
-- Stores a new profile; no row if there is one with its name.
INSERT INTO profiles (name, profile, signature, author)
VALUES (:name, :profile, :signature, :author)
ON CONFLICT (name) DO NOTHING
RETURNING name, profile, signature, created_at, updated_at, author

-- name: delete
-- Deletes the profile with the name $1; no row if there is none.
DELETE FROM profiles WHERE name = $1
RETURNING name
