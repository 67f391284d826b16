#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

exit(Client.run([String](CommandLine.arguments.dropFirst())))
