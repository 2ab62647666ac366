-- An import keeps the rules by which the values of its columns were read: column → rule.

ALTER TABLE imports ADD COLUMN rules json;
