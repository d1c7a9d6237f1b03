// The cases of `run.py` as functions of Ray's own C++ interface, with nothing of swift-ray: what native workers can reach.

#include <ray/api.h>

static int square(int number) { return number * number; }
RAY_REMOTE(square);

class Counter {
 public:
  static Counter *Create() { return new Counter(); }
  int add(int number) { return count += number; }

 private:
  int count = 0;
};
RAY_REMOTE(Counter::Create, &Counter::add);
