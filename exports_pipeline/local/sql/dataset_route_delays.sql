-- How late each carrier left on each route.
-- Grain: one row per carrier, origin and destination. Order: none. Parameters: none.
SELECT carrier, origin, dest, count(*) AS flights, count(*) - count(dep_time) AS cancelled,
       round(avg(dep_delay), 2) AS mean_dep_delay, max(dep_delay) AS longest_dep_delay
FROM flights
GROUP BY carrier, origin, dest
