-- Invented personal finance: 200 users, about two transactions a day each, a salary on the 25th and rent on the 1st.
-- Every choice is hash() of a row's place, so the same days give the same rows, and more days only add rows.
-- Grain: one row per transaction. Order: user_id, booked_at. Parameters: days (from 2024-01-01 on).
CREATE TABLE fct_transactions AS
WITH people AS (
    SELECT user_no, coalesce(['demo', 'alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan',
                              'judy', 'mallory'][user_no + 1], printf('user-%03d', user_no)) AS user_key,
           ['EUR', 'USD', 'CZK', 'GBP'][user_no % 4 + 1] AS currency
    FROM range(200) AS users (user_no)
),
places AS (
    SELECT user_no, user_key, currency, CAST(DATE '2024-01-01' + CAST(day_no AS INTEGER) AS DATE) AS booked_on, slot,
           (day_no * 200 + user_no) * 8 + slot AS place
    FROM people, range($days) AS days (day_no), range(6) AS slots (slot)
),
kinds AS (
    SELECT places.*, CASE WHEN slot = 5 THEN 'rent' WHEN slot = 4 THEN 'salary' ELSE 'often' END AS kind
    FROM places
    WHERE CASE slot WHEN 5 THEN day(booked_on) = 1 WHEN 4 THEN day(booked_on) = 25 ELSE hash(place) % 4 < 2 END
),
drawn AS (
    SELECT kinds.*,
           CASE kind WHEN 'salary' THEN 24 WHEN 'rent' THEN 25 ELSE hash(place + 1000000007) % 24 END AS merchant_no,
           -- Salary and rent are the same every month: their draw depends on the user alone.
           hash(CASE kind WHEN 'often' THEN place ELSE user_no END + 2000000011) AS amount_draw,
           hash(place + 3000000019) % 86400 AS second_of_day,
           hash(place + 4000000007) % 1000 AS oddity
    FROM kinds
),
booked AS (
    SELECT drawn.*, merchants.merchant, merchants.category, merchants.tags, merchants.city, merchants.country,
           low + CAST(amount_draw % CAST(high - low + 1 AS UBIGINT) AS BIGINT) AS cents,
           oddity >= 998 AS is_orphan,
           CASE WHEN drawn.kind <> 'often' THEN 'checking' WHEN oddity < 550 THEN 'card'
                WHEN oddity < 950 THEN 'checking'
                ELSE 'savings' END AS account_type
    FROM drawn JOIN merchants ON merchants.merchant_no = drawn.merchant_no
)
SELECT CAST(place AS BIGINT) AS transaction_id,
       CASE WHEN NOT is_orphan THEN user_key END AS user_id,
       CASE WHEN NOT is_orphan THEN user_key || '-' || account_type END AS account_id,
       account_type,
       (CAST(booked_on AS TIMESTAMP) + to_seconds(CAST(second_of_day AS BIGINT))) AT TIME ZONE 'UTC' AS booked_at,
       booked_on,
       CAST(CAST(cents AS DECIMAL(15, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount,
       currency,
       merchant,
       category,
       CASE WHEN dayofweek(booked_on) IN (0, 6) AND len(tags) > 0 THEN list_append(tags, 'weekend')
            ELSE tags END AS tags,
       CASE WHEN country IS NOT NULL THEN {'city': city, 'country': country} END AS location,
       printf('ZZ%018d', hash(merchant_no) % 1000000000000000000) AS counterparty_iban,
       printf('billing-%02d@example.com', merchant_no) AS counterparty_email,
       CASE WHEN oddity < 20 THEN 'shared with "flatmates", half each'
            WHEN oddity < 30 THEN 'line one' || chr(10) || 'line two'
            WHEN oddity < 40 THEN '' END AS note
FROM booked
ORDER BY user_id, booked_at, transaction_id
