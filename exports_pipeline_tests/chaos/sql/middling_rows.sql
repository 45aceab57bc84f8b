SELECT range AS n, md5(CAST(range AS VARCHAR)) AS word FROM range(150000)
