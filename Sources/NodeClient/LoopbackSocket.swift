import Foundation
import Synchronization

/// A TCP connection to this machine, closed when dropped.
public struct LoopbackSocket: ~Copyable {
    private let descriptor: Int32

    /// How long a node may take to answer.
    private static let patience = 60

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to a port where somebody listens.
    public static func connected(to port: UInt16) throws -> LoopbackSocket {
        let socket = LoopbackSocket(descriptor: try open())
        var address = address(port: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw NodeClientError("cannot connect to port \(port)") }
        var timeout = timeval(tv_sec: patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        return socket
    }

    /// A port that nobody listens on just now, never the same twice, and outside the range from
    /// which systems take ports for connections that leave: none of those gets it first.
    public static func freePort() throws -> UInt16 {
        for _ in candidates {
            let port = lastPort.withLock { last in
                last = last < candidates.upperBound ? last + 1 : candidates.lowerBound
                return last
            }
            let socket = LoopbackSocket(descriptor: try open())
            var address = address(port: port)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 { return port }
        }
        throw NodeClientError("no free port on 127.0.0.1")
    }

    private static let candidates: ClosedRange<UInt16> = 16_384...30_000
    /// Each process begins elsewhere, so that two of them seldom meet.
    private static let lastPort = Mutex(UInt16.random(in: candidates))

    public func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent)
            }
            guard count > 0 else { throw NodeClientError("the node closed the connection") }
            sent += count
        }
    }

    /// All that comes until the other side closes.
    public func receiveAll() throws -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw NodeClientError("the node did not answer in time") }
            guard count > 0 else { return received }
            received += buffer[..<count]
        }
    }

    private static func open() throws -> Int32 {
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw NodeClientError("no socket to be had") }
        return descriptor
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}

/// The node could not be talked to.
public struct NodeClientError: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
