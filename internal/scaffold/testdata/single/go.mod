module example.com/team/greeter
