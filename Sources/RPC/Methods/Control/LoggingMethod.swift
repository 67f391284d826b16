import Notation

struct LoggingMethod: RPCMethod {
    let name = "logging"
    let summary = """
        Gets and sets the logging configuration.
        When called without an argument, returns the list of categories with status that are currently being debug logged or not.
        When called with arguments, adds or removes categories from debug logging and return the lists above.
        The arguments are evaluated in order "include", "exclude".
        If an item is both included and excluded, it will thus end up being excluded.
        The valid logging categories are: \(LogCategories.names.joined(separator: ", "))
        In addition, the following are available as category names with special meanings:
          - "all",  "1" : represent all logging categories.
        """
    let parameters = [
        Parameter(
            "include", .array, .omitted, "The categories to add to debug logging",
            inner: [
                Parameter("include_category", .string, .omitted, "the valid logging category")
            ]),
        Parameter(
            "exclude", .array, .omitted, "The categories to remove from debug logging",
            inner: [
                Parameter("exclude_category", .string, .omitted, "the valid logging category")
            ]),
    ]
    let results = [
        ResultText(
            .dynamicObject, "",
            "keys are the logging categories, and values indicates its status",
            [
                ResultText(
                    .bool, "category",
                    "if being debug logged or not. false:inactive, true:active")
            ])
    ]
    let examples = [Example(["[\"all\"]", "[\"http\"]"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let categories = context.logCategories
        for (parameter, isActive) in [("include", true), ("exclude", false)] {
            for name in try request.optionalArray(parameter) ?? [] {
                let name = try name.asString()
                guard categories.set(name, isActive: isActive) else {
                    throw RPCError.invalidParameter("unknown logging category \(name)")
                }
            }
        }
        return .object(
            JSONObject(LogCategories.names.map { ($0, .bool(categories.isActive($0))) }))
    }
}
