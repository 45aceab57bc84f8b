-- Invented messages of an invented shop to invented people, with what came of them; chat is answered most.
-- Grain: one row per message. Order: sent_at, message_id. Parameters: none.
CREATE TABLE outreach_messages AS
WITH drawn AS (
    SELECT message_no, hash(message_no) % 100 AS channel_draw, hash(message_no + 1000000007) % 10000 AS open_draw,
           hash(message_no + 2000000011) % 10000 AS reply_draw, hash(message_no + 3000000019) % 15724800 AS second_of_time,
           hash(message_no + 4000000007) % 2500 AS contact_no, hash(message_no + 5000000021) % 3 AS campaign_no
    FROM range(9000) AS messages (message_no)
),
sent AS (
    SELECT drawn.*, CASE WHEN channel_draw < 60 THEN 'email' WHEN channel_draw < 85 THEN 'chat' ELSE 'letter' END AS channel
    FROM drawn
),
opened AS (
    SELECT sent.*, open_draw < CASE channel WHEN 'email' THEN 3100 WHEN 'chat' THEN 6400 ELSE 5000 END AS was_opened
    FROM sent
)
SELECT CAST(message_no AS BIGINT) AS message_id,
       ['welcome', 'renewal', 'winback'][CAST(campaign_no AS INTEGER) + 1] AS campaign,
       channel,
       printf('contact-%04d', contact_no) AS contact_id,
       (TIMESTAMP '2024-01-01' + to_seconds(CAST(second_of_time AS BIGINT))) AT TIME ZONE 'UTC' AS sent_at,
       CASE WHEN channel <> 'letter' THEN was_opened END AS opened,
       was_opened AND reply_draw < CASE channel WHEN 'email' THEN 1500 WHEN 'chat' THEN 2300 ELSE 700 END AS replied,
       CAST(CASE channel WHEN 'email' THEN 0.01 WHEN 'chat' THEN 0.04 ELSE 1.15 END AS DECIMAL(18, 2)) AS cost
FROM opened
ORDER BY sent_at, message_id
