-- Who the money of the invented users goes to and comes from; some names are hard on files and spreadsheets.
-- Grain: one row per merchant; amounts in cents, income has a positive sign. Order: merchant_no. Parameters: none.
CREATE TEMPORARY TABLE merchants AS
SELECT row_number() OVER () - 1 AS merchant_no, kind, merchant, category, tags, low, high, city, country
FROM (VALUES
    ('often', 'Corner Bakery', 'groceries', ['food', 'daily'], -1200, -180, 'Dublin', 'IE'),
    ('often', 'Fresh, Fast & Fair', 'groceries', ['food', 'household'], -14500, -900, 'Boston', 'US'),
    ('often', 'Bäckerei Grünfeld', 'groceries', ['food', 'daily'], -1900, -210, 'Köln', 'DE'),
    ('often', 'Žabka Šťastná', 'groceries', ['food'], -6200, -350, 'Brno', 'CZ'),
    ('often', '東京スーパー', 'groceries', ['food', 'travel'], -8800, -500, '東京', 'JP'),
    ('often', 'Noodle Bar 🍜', 'restaurants', ['food', 'going out'], -5400, -900, 'Berlin', 'DE'),
    ('often', 'Joe "The Grill" O''Malley', 'restaurants', ['food', 'going out'], -9900, -1400, 'Cork', 'IE'),
    ('often', 'Crêperie de l''Île', 'restaurants', ['food', 'going out'], -4300, -800, 'Nantes', 'FR'),
    ('often', 'Café; Bar; Kino', 'leisure', ['going out', 'culture'], -3800, -450, 'Wien', 'AT'),
    ('often', 'City Transit', 'transport', ['commute', 'daily'], -960, -240, NULL, NULL),
    ('often', 'Petrol & Go', 'transport', ['car'], -9200, -2500, 'Leeds', 'GB'),
    ('often', '+Plus Markt', 'groceries', ['food', 'household'], -7700, -650, 'Essen', 'DE'),
    ('often', '=Fit Studio', 'health', ['sport'], -4900, -1900, 'Praha', 'CZ'),
    ('often', '@home Living', 'household', ['household'], -18900, -1500, NULL, NULL),
    ('often', '-50% Outlet', 'shopping', ['clothes'], -21900, -990, 'Milano', 'IT'),
    ('often', 'Книжный дом', 'shopping', ['culture', 'books'], -5600, -700, NULL, NULL),
    ('often', 'صيدلية النور', 'health', ['pharmacy'], -4700, -320, NULL, NULL),
    ('often', 'Streamly', 'subscriptions', ['online', 'culture'], -1799, -799, NULL, NULL),
    ('often', 'Cloud Storage Inc.', 'subscriptions', ['online', 'business'], -2499, -199, NULL, NULL),
    ('often', 'Pay\Pal''s "Gifts, Ltd."', 'shopping', ['gifts', 'online'], -15900, -500, NULL, NULL),
    ('often', 'Refunds & Returns', 'refunds', ['refund'], 500, 9900, NULL, NULL),
    ('often', 'ATM withdrawal', 'cash', CAST([] AS VARCHAR[]), -12000, -2000, 'Dublin', 'IE'),
    ('often', '', 'uncategorised', CAST(NULL AS VARCHAR[]), -2600, -100, NULL, NULL),
    ('often', 'Lot Airways ✈️', 'travel', ['travel'], -44900, -5900, NULL, NULL),
    ('salary', 'Acme GmbH & Co. KG', 'salary', ['income', 'monthly'], 360000, 690000, NULL, NULL),
    ('rent', 'Hausverwaltung Müller', 'rent', ['housing', 'monthly'], -128000, -62000, NULL, NULL)
) AS listed (kind, merchant, category, tags, low, high, city, country)
