-- What a copy brought whose body differs from the first event's, so that both can be compared.
ALTER TABLE duplicates ADD COLUMN data TEXT
