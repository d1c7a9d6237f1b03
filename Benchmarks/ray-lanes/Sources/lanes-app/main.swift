import Lanes

App.main()
