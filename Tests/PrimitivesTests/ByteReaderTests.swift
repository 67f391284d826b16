import Primitives
import Testing

@Suite("Reading bytes") struct ByteReaderTests {
    private func size(_ bytes: [UInt8]) -> Result<UInt64, DecodingError> {
        Result { () throws(DecodingError) in
            var reader = ByteReader(bytes.span)
            let value = try reader.readCompactSize()
            try reader.finish()
            return value
        }
    }

    @Test("A compact size is read in its shortest form alone")
    func canonicalSizes() {
        #expect(size([252]) == .success(252))
        #expect(size([253, 252, 0]) == .failure(.nonCanonicalSize))
        #expect(size([253, 253, 0]) == .success(253))
        #expect(size([254, 0xFF, 0xFF, 0, 0]) == .failure(.nonCanonicalSize))
        #expect(size([254, 0, 0, 1, 0]) == .success(0x1_0000))
        #expect(size([255, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]) == .failure(.nonCanonicalSize))
    }

    @Test("A compact size above 32 MiB is refused, one of 32 MiB is not")
    func sizeLimit() {
        #expect(size([254, 0, 0, 0, 2]) == .success(0x0200_0000))
        #expect(size([254, 1, 0, 0, 2]) == .failure(.sizeTooLarge(0x0200_0001)))
        #expect(
            size([255, 0, 0, 0, 0, 1, 0, 0, 0]) == .failure(.sizeTooLarge(0x1_0000_0000)))
    }

    @Test("A number that is no length may exceed the limit of lengths")
    func unboundedNumber() throws {
        var writer = ByteWriter()
        writer.writeCompactSize(UInt64.max)
        let bytes = writer.bytes
        var reader = ByteReader(bytes.span)
        #expect(try reader.readCompactSize(isRangeChecked: false) == .max)
    }

    @Test("A list cannot claim more items than its bytes could hold")
    func countBeyondBytes() {
        let bytes: [UInt8] = [2, 0, 0, 0]
        var reader = ByteReader(bytes.span)
        var thrown: DecodingError?
        do { _ = try reader.readCount(minimumSize: 2) } catch { thrown = error }
        #expect(thrown == .truncated(needed: 4, remaining: 3))
    }

    @Test("Written sizes are read back", arguments: [0, 252, 253, 0xFFFF, 0x1_0000, 0x0200_0000])
    func roundTrip(_ value: UInt64) {
        var writer = ByteWriter()
        writer.writeCompactSize(value)
        #expect(size(writer.bytes) == .success(value))
        #expect(writer.bytes.count == ByteWriter.compactSizeLength(Int(value)))
    }

    @Test("Numbers are little-endian, ports are not")
    func byteOrder() throws {
        let bytes: [UInt8] = [1, 2, 1, 2]
        var reader = ByteReader(bytes.span)
        #expect(try reader.read(UInt16.self) == 0x0201)
        #expect(try reader.readBigEndian(UInt16.self) == 0x0102)
    }
}
