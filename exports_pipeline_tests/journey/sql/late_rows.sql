SELECT a.range AS n
FROM range(10000000) AS a CROSS JOIN range(1000000) AS b
WHERE hash(a.range, b.range) = 1
UNION ALL SELECT 1
