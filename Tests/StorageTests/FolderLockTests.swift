import Storage
import TestSupport
import Testing

@Suite("The lock on a folder") struct FolderLockTests {
    private let folder = TemporaryFolder()

    @Test("A second claim is refused in Core's words while the first is held, and not after")
    func secondClaim() throws {
        let refusal = StorageError(
            path: "",
            reason: "Cannot obtain a lock on directory \(folder.path). Cellblock is probably "
                + "already running.")
        do {
            let first = try FolderLock(folder: folder.path)
            do throws(StorageError) {
                _ = try FolderLock(folder: folder.path)
                Issue.record("it was claimed twice")
            } catch {
                #expect(error == refusal)
            }
            _ = consume first
        }
        _ = try FolderLock(folder: folder.path)
    }

    @Test("A folder that cannot be written to is refused in Core's words")
    func unwritable() {
        do throws(StorageError) {
            _ = try FolderLock(folder: folder.path + "/nowhere")
            Issue.record("it was claimed")
        } catch {
            #expect(
                error.reason
                    == "Cannot write to directory '\(folder.path)/nowhere'; check permissions.")
        }
    }
}
