import JourneyModel
import Testing

/// Which names hold an e-mail address, down to those that break off at the at sign.
@Suite struct SubjectAddressTests {
    @Test(arguments: [
        ("contact:a@b.c", true), ("contact:a@bc.de", true), ("contact:a@b.", false), ("contact:a@.c", false), ("contact:a@b", false),
        ("lead:1@", false), ("lead:1@b", false), ("lead:@", false), ("@", false), ("@b.c", false), ("", false),
    ])
    func namesAreLookedThrough(name: String, isPersonal: Bool) {
        let utf8 = Array(name.utf8)
        #expect(Subject.isPersonal(utf8.span) == isPersonal)
    }
}
