SELECT range AS n, CAST(CASE WHEN range = 90000 THEN 'secret-of-the-row' ELSE '1' END AS INTEGER) AS broken
FROM range(100000)
