-- What each user earned and spent a month, beside the month before.
-- Grain: one row per user, currency and month with transactions. Order: user_id, month. Parameters: none.
CREATE TABLE monthly_trends AS
WITH months AS (
    SELECT user_id, currency, CAST(date_trunc('month', booked_on) AS DATE) AS month, count(*) AS transactions,
           CAST(coalesce(sum(amount) FILTER (amount > 0), 0) AS DECIMAL(18, 2)) AS income,
           CAST(coalesce(-sum(amount) FILTER (amount < 0), 0) AS DECIMAL(18, 2)) AS spending
    FROM fct_transactions
    GROUP BY user_id, currency, date_trunc('month', booked_on)
)
SELECT user_id, currency, month, transactions, income, spending, CAST(income - spending AS DECIMAL(18, 2)) AS net,
       CAST(spending - lag(spending) OVER earlier AS DECIMAL(18, 2)) AS spending_change
FROM months
WINDOW earlier AS (PARTITION BY user_id, currency ORDER BY month)
ORDER BY user_id, month, currency
