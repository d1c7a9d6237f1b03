import TestApp

App.main()
