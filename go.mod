module okazaki

go 1.26
