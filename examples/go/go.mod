module ubt.example/client

go 1.19
