-- Invented experiments of an invented shop: one that wins, one that changes nothing, one with three arms, and one whose
-- arms are uneven because units of one were lost. Every choice is hash() of a row's place.
-- Grain: one row per unit. Order: experiment, assigned_at. Parameters: none.
CREATE TABLE experiments AS
WITH plans AS (
    SELECT row_number() OVER () AS plan_no, experiment, arms, units, began_on, rates, prices
    FROM (VALUES
        ('checkout_button', ['control', 'green_button'], 16000, DATE '2024-02-05', [1000, 1180], [4200, 4300]),
        ('onboarding_tour', ['control', 'short_tour'], 9000, DATE '2024-03-04', [2400, 2330], [1900, 1900]),
        ('price_page', ['control', 'yearly_first', 'three_plans'], 18000, DATE '2024-04-01',
         [800, 820, 1030], [9900, 10400, 9700]),
        ('search_ranking', ['control', 'fresh_first'], 12000, DATE '2024-05-06', [3000, 3060], [2600, 2650])
    ) AS listed (experiment, arms, units, began_on, rates, prices)
),
places AS (
    SELECT plans.*, unit_no, plan_no * 100000 + unit_no AS place
    FROM plans, range(18000) AS units_of_all (unit_no)
    WHERE unit_no < units
),
drawn AS (
    SELECT places.*, CAST(hash(place) % CAST(len(arms) AS UBIGINT) AS INTEGER) + 1 AS arm_no,
           hash(place + 1000000007) % 10000 AS chance,
           hash(place + 2000000011) % 10000 AS price_draw,
           hash(place + 3000000019) % 2419200 AS second_of_weeks,
           hash(place + 4000000007) % 1000 AS oddity
    FROM places
)
SELECT experiment,
       printf('%s-%05d', experiment, unit_no) AS unit_id,
       arms[arm_no] AS arm,
       ['CZ', 'DE', 'IE', 'US'][CAST(oddity % 4 AS INTEGER) + 1] AS country,
       (CAST(began_on AS TIMESTAMP) + to_seconds(CAST(second_of_weeks AS BIGINT))) AT TIME ZONE 'UTC' AS assigned_at,
       chance < rates[arm_no] AS converted,
       CAST(CASE WHEN chance < rates[arm_no]
                 THEN CAST(prices[arm_no] // 2 + price_draw * prices[arm_no] // 10000 AS DECIMAL(15, 0)) ELSE 0 END
            * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS revenue,
       CASE WHEN oddity < 990 THEN CAST(1 + price_draw % 7 AS INTEGER) END AS sessions
FROM drawn
WHERE NOT (experiment = 'search_ranking' AND arm_no = 2 AND oddity < 80)
ORDER BY experiment, assigned_at, unit_id
