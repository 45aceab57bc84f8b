-- What each user spent a day under each tag; a transaction counts under every tag it has.
-- Grain: one row per user, currency, day and tag. Order: user_id, spent_on, tag. Parameters: none.
CREATE TABLE daily_spending_by_tag AS
WITH tagged AS (
    SELECT user_id, currency, booked_on AS spent_on, unnest(tags) AS tag, amount
    FROM fct_transactions
    WHERE amount < 0
)
SELECT user_id, currency, spent_on, tag, count(*) AS transactions, CAST(-sum(amount) AS DECIMAL(18, 2)) AS spent
FROM tagged
GROUP BY user_id, currency, spent_on, tag
ORDER BY user_id, spent_on, currency, tag
