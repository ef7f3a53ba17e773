module example.com/shop/orders/v2
