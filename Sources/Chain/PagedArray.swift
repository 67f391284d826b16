#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Elements side by side in pieces of memory that come from the system one after the other: what
/// is in it never moves, and no room is kept that is not used.
///
/// The system is asked for large pages. Whoever leaps about in hundreds of megabytes waits more
/// for the tables that tell where a page is than for the page.
struct PagedArray<Element: BitwiseCopyable>: ~Copyable {
    private var pieces: [UnsafeMutablePointer<Element>] = []
    private(set) var count = 0

    /// As a power of two: elements of 88 bytes then fill whole pages of 2 MiB.
    private static var pieceShift: Int { 18 }
    private static var pieceCount: Int { 1 << pieceShift }

    mutating func append(_ element: Element) {
        if count == pieces.count << Self.pieceShift {
            // As long as it is small the processor knows its pages, and large ones are half empty.
            pieces.append(Pages.claim(Self.pieceCount, inLargePages: !pieces.isEmpty))
        }
        count += 1
        pointer(count - 1).pointee = element
    }

    /// Where an element is, for looking at a part of it.
    func pointer(_ number: Int) -> UnsafeMutablePointer<Element> {
        precondition(number >= 0 && number < count)
        return pieces[number >> Self.pieceShift] + (number & (Self.pieceCount - 1))
    }

    deinit { for piece in pieces { Pages.release(piece, Self.pieceCount) } }
}

/// Elements that are zero at first, and take no memory until they are not.
///
/// Unchecked: it alone owns what it points to, cannot be copied, and is changed only by who has it to
/// himself, so that handing it to another thread hands over everything.
struct ZeroedArray<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    private let start: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int) {
        self.count = count
        start = Pages.claim(count)
    }

    subscript(position: Int) -> Element {
        get {
            precondition(position >= 0 && position < count)
            return start[position]
        }
        set {
            precondition(position >= 0 && position < count)
            start[position] = newValue
        }
    }

    deinit { Pages.release(start, count) }
}

/// Memory straight from the system, of zeros and in large pages if it has them.
enum Pages {
    private static let large = 2 << 20

    static func claim<Element: BitwiseCopyable>(
        _ count: Int, inLargePages isLarge: Bool = true
    ) -> UnsafeMutablePointer<Element> {
        let size = roundedSize(of: Element.self, count)
        guard
            let claimed = mmap(
                nil, size + large, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
            claimed != MAP_FAILED
        else {
            // How much is asked for follows from -dbcache and -maxsigcachesize, and by one block more
            // at most from what peers send. Like an array's, this memory is there or nothing is.
            fatalError("The system has no memory left")
        }
        // Only what begins where a large page would begin can be one.
        let before = (large - Int(bitPattern: claimed) % large) % large
        if before > 0 { munmap(claimed, before) }
        let start = claimed + before
        munmap(start + size, large - before)
        #if os(Linux)
            if isLarge, size >= large { madvise(start, size, MADV_HUGEPAGE) }
        #endif
        return start.bindMemory(to: Element.self, capacity: count)
    }

    static func release<Element: BitwiseCopyable>(
        _ start: UnsafeMutablePointer<Element>, _ count: Int
    ) {
        munmap(start, roundedSize(of: Element.self, count))
    }

    private static func roundedSize<Element>(of type: Element.Type, _ count: Int) -> Int {
        let page = 1 << 16
        return (count * MemoryLayout<Element>.stride + page - 1) / page * page
    }
}
