#include "CRayShims.h"
