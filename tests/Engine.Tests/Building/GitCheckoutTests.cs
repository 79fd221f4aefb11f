using Containers.Engine.Building.Context;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class GitCheckoutTests
{
    private const string Advice = "\n\nPlease make sure you have the correct access rights\nand the repository exists.\n";

    [Theory]
    [InlineData(
        "ssh: Could not resolve hostname nohost\nfatal: Could not read from remote repository." + Advice,
        "ssh: Could not resolve hostname nohost; fatal: Could not read from remote repository.")]
    [InlineData(
        "Warning: Permanently added 'h' to the list of known hosts.\ngit@h: Permission denied (publickey).\nfatal: Could not read from remote repository." + Advice,
        "git@h: Permission denied (publickey).; fatal: Could not read from remote repository.")]
    [InlineData("error: one\nhint: do something\n", "error: one")]
    [InlineData("something else\nand more\n", "and more")]
    [InlineData("", "git does not say why")]
    public void What_went_wrong_is_told_and_no_advice(string errors, string reason) => Assert.Equal(reason, GitCheckout.Reason(errors));
}
