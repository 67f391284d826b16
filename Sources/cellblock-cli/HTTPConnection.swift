#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The server cannot be reached, or not yet: worth another attempt where `-rpcwait` is given.
struct ConnectionFailure: Error {
    var message: String

    init(_ message: String) { self.message = message }
}

/// One request over one connection, as HTTP/1.1 and with a deadline.
struct HTTPConnection: ~Copyable {
    private let descriptor: Int32
    private let host: String
    private let deadline: ContinuousClock.Instant

    /// Connects to the first address of the host that answers.
    init(host: String, port: UInt16, timeout: Duration) throws(ConnectionFailure) {
        self.host = host
        deadline = .now + timeout
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_STREAM
        #else
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw ConnectionFailure("Could not resolve host: \(host)")
        }
        defer { freeaddrinfo(found) }
        var next: UnsafeMutablePointer<addrinfo>? = found
        while let address = next {
            if let descriptor = Self.connect(to: address.pointee, before: deadline) {
                self.descriptor = descriptor
                return
            }
            next = address.pointee.ai_next
        }
        throw ConnectionFailure("Could not connect to the server")
    }

    deinit { close(descriptor) }

    /// Sends a request with a body and reads the answer to it.
    func post(
        _ body: String, to endpoint: String, headers: [(String, String)]
    ) throws(ConnectionFailure) -> HTTPResponse {
        var request = "POST \(endpoint) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
        request += "Content-Length: \(body.utf8.count)\r\n"
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        request += "\r\n" + body
        try send([UInt8](request.utf8))
        // A closure cannot borrow what cannot be copied; these outlive it, as `self` does.
        let (descriptor, deadline) = (descriptor, deadline)
        return try HTTPResponse { () throws(ConnectionFailure) in
            try Self.receive(from: descriptor, before: deadline)
        }
    }

    private static func connect(
        to address: addrinfo, before deadline: ContinuousClock.Instant
    ) -> Int32? {
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { return nil }
        #if canImport(Darwin)
            // A server that has gone would else end the program by a signal.
            var on: Int32 = 1
            setsockopt(
                descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        if platformConnect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
            return descriptor
        }
        var failure: Int32 = errno
        if failure == EINPROGRESS, wait(for: POLLOUT, on: descriptor, before: deadline) {
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        }
        if failure == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private func send(_ request: [UInt8]) throws(ConnectionFailure) {
        var rest = request[...]
        while !rest.isEmpty {
            guard Self.wait(for: POLLOUT, on: descriptor, before: deadline) else {
                throw ConnectionFailure("Failed to send HTTP request")
            }
            let count = rest.withUnsafeBytes { bytes in
                platformSend(descriptor, bytes)
            }
            if count < 0 {
                guard errno == EAGAIN || errno == EINTR else {
                    throw ConnectionFailure("Failed to send HTTP request")
                }
            } else {
                rest = rest.dropFirst(count)
            }
        }
    }

    /// What has come; nothing where the server has closed the connection.
    private static func receive(
        from descriptor: Int32, before deadline: ContinuousClock.Instant
    ) throws(ConnectionFailure) -> ArraySlice<UInt8> {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard wait(for: POLLIN, on: descriptor, before: deadline) else {
                throw ConnectionFailure("timeout")
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count >= 0 { return buffer.prefix(count) }
            guard errno == EAGAIN || errno == EINTR else {
                throw ConnectionFailure(
                    "Read error: \(String(cString: strerror(errno))) (\(errno))")
            }
        }
    }

    private static func wait(
        for event: Int32, on descriptor: Int32, before deadline: ContinuousClock.Instant
    ) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return false }
            // A day at a time, so that no timeout is too long for `poll`.
            let milliseconds = min(left.components.seconds, 86_400) * 1000 + 1
            var waiting = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let ready = poll(&waiting, 1, Int32(milliseconds))
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { return false }
        }
    }
}

private func platformConnect(
    _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ count: socklen_t
) -> Int32 {
    #if canImport(Darwin)
        Darwin.connect(descriptor, address, count)
    #else
        Glibc.connect(descriptor, address, count)
    #endif
}

private func platformSend(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
        Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
    #else
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    #endif
}
