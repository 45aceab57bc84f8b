SELECT range AS n, md5(sha256(sha256(sha256(CAST(range AS VARCHAR))))) AS word
FROM range(5000000)
