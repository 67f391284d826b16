// Mining
