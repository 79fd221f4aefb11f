using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Network;

namespace Containers.Cmdlets.Tests.Images;

/// <summary>What the cmdlets of images and registries understand their arguments to mean, seen through -WhatIf, which changes nothing.</summary>
[Collection("hosted shell")]
public sealed class ImageBindingTests(ModuleShell shell) : IClassFixture<ModuleShell>
{
    private const string Image = "New-EngineObject ContainerImage @{ Id = 'sha256:' + ('ab' * 32); References = @('web:1', 'web:2') }";

    private const string Nameless = "New-EngineObject ContainerImage @{ Id = 'sha256:' + ('ab' * 32) }";

    private const string Tag = "New-EngineObject ContainerImageTag @{ Repository = 'quay.io/a'; Tag = '2' }";

    private const string Change = "New-EngineObject ContainerChange @{ Path = '/a'; Container = 'web' }";

    private static readonly string s_id = "sha256:" + string.Concat(Enumerable.Repeat("ab", 32));

    public static TheoryData<string, string[]> Understood => new()
    {
        { "Request-ContainerImage alpine, debian:13", ["Pull image \"alpine\"", "Pull image \"debian:13\""] },
        { "'a', 'b' | Pull-ContainerImage -Platform linux/arm64 -Policy Newer", ["Pull image \"a\"", "Pull image \"b\""] },
        { Tag + " | Request-ContainerImage", ["Pull image \"quay.io/a:2\""] },
        { Image + " | Request-ContainerImage", ["Pull image \"web:1\""] },
        { "Request-ContainerImage alpine -AllTags", ["Pull all tags of \"alpine\""] },
        { "Submit-ContainerImage web localhost:5000/web:1", ["Push image \"web\" to \"localhost:5000/web:1\""] },
        { Image + " | Push-ContainerImage -Compression Zstd", ["Push image \"web:1\""] },
        { "Connect-ContainerRegistry", ["Sign in to registry \"docker.io\""] },
        { "Login-ContainerRegistry localhost:5000", ["Sign in to registry \"localhost:5000\""] },
        { "Disconnect-ContainerRegistry a.io, b.io", ["Sign out of registry \"a.io\"", "Sign out of registry \"b.io\""] },
        { "New-EngineObject ContainerRegistry @{ Registry = 'a.io' } | Disconnect-ContainerRegistry", ["Sign out of registry \"a.io\""] },
        { "Import-ContainerImage /x/a.tar, /x/b.tar", ["Import images from \"/x/a.tar\"", "Import images from \"/x/b.tar\""] },
        { "Import-ContainerImage /x/a.tar web:1", ["Import image \"web:1\" from \"/x/a.tar\""] },
        { "Import-ContainerImage /x/a.tar -AsRootFileSystem -Change 'USER web'", ["Import an image from \"/x/a.tar\""] },
        { ",[byte[]](1, 2) | Import-ContainerImage", ["Import images from the pipeline"] },
        { "[byte]1, [byte]2 | Load-ContainerImage -Force", ["Import images from the pipeline"] },
        { "Export-ContainerImage a, b /x/a.tar", ["Save image \"a\", \"b\" to \"/x/a.tar\""] },
        { Image + " | Save-ContainerImage -Path /x/a.tar", ["Save image \"web:1\", \"web:2\" to \"/x/a.tar\""] },
        { Nameless + " | Export-ContainerImage -AsByteStream", [$"Save image \"{s_id}\""] },
        { "Export-Container web /x/web.tar", ["Export container \"web\" to \"/x/web.tar\""] },
        { "[pscustomobject]@{ Name = 'web' } | Export-Container -Path { \"/x/$($_.Name).tar\" }", ["Export container \"web\" to \"/x/web.tar\""] },
        { "ConvertTo-ContainerImage web web:1 -Pause:$false", ["Create image \"web:1\" from container \"web\""] },
        { "ConvertTo-ContainerImage web web:1 -NoPause", ["Create image \"web:1\" from container \"web\""] },
        { Change + " | Commit-Container", ["Create an image from container \"web\" with 1 of its changes"] },
        { "[pscustomobject]@{ Name = 'web' } | ConvertTo-ContainerImage -Reference { \"$($_.Name):s\" }", ["Create image \"web:s\" from container \"web\""] },
        { "Add-ContainerImageTag web a, b:2", ["Name image \"web\" \"a\"", "Name image \"web\" \"b:2\""] },
        { Image + " | Tag-ContainerImage -Repository a -Tag 1, 2", ["Name image \"web:1\" \"a:1\"", "Name image \"web:1\" \"a:2\""] },
        { Image + " | Untag-ContainerImage", ["Take away the name \"web:1\"", "Take away the name \"web:2\""] },
    };

    [SkippableTheory]
    [MemberData(nameof(Understood))]
    public void Arguments_and_pipeline_mean_what_they_say(string command, string[] meaning)
    {
        ScriptResult result = shell.Run(command + " -WhatIf");
        Assert.Empty(result.Errors);
        Assert.Empty(result.Output);
        string[] said = [.. result.HostText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Replace("What if: ", "", StringComparison.Ordinal))];
        Assert.Equal(meaning, said);
    }

    [SkippableTheory]
    [InlineData("Request-ContainerImage a -Policy Sometimes")]
    [InlineData("Request-ContainerImage ''")]
    [InlineData("Submit-ContainerImage a -Compression None")]
    [InlineData("Export-ContainerImage a -Path /x -AsByteStream")]
    [InlineData("Export-ContainerImage a -Path /x -Format Zip")]
    [InlineData("Get-ContainerChange web -Kind Moved")]
    [InlineData("New-Container a -PullPolicy Sometimes")]
    public void A_value_of_another_form_is_refused_at_the_parameter(string command)
    {
        ErrorRecord error = Assert.Single(shell.Run(command).Errors);
        Assert.IsType<ParameterBindingException>(error.Exception, exactMatch: false);
    }

    [SkippableTheory]
    [InlineData("TagNotAllowed", "Request-ContainerImage alpine:3 -AllTags")]
    [InlineData("TagNotAllowed", "Submit-ContainerImage alpine:3 -AllTags")]
    [InlineData("ImageNotFound", "Submit-ContainerImage nothing -AllTags")]
    [InlineData("InvalidPlatform", "Request-ContainerImage alpine -Platform arm")]
    [InlineData("ParameterNeedsRootFileSystem", "Import-ContainerImage /x/a.tar -Command sh")]
    [InlineData("ParameterNeedsRootFileSystem", "Import-ContainerImage /x/a.tar -Change 'USER web'")]
    [InlineData("DirectoryIsNoStream", "Export-ContainerImage a -Format OciDirectory -AsByteStream")]
    [InlineData("NotAFilePath", "Export-ContainerImage a /dev/null -Force")]
    [InlineData("FileExists", "Export-ContainerImage a /etc/passwd")]
    [InlineData("FileExists", "Export-Container a /etc/passwd")]
    [InlineData("InvalidDestination", "Export-Container a")]
    [InlineData("InvalidDestination", "Export-Container a /x/a.tar -AsByteStream")]
    [InlineData("ChangeOfNoContainer", "New-EngineObject ContainerChange @{ Path = '/a' } | ConvertTo-ContainerImage")]
    [InlineData("CredentialMissing", "Connect-ContainerRegistry a.io")]
    [InlineData("ImageNotFound", "Get-ContainerImage -Before nothing")]
    [InlineData("InvalidImageReference", "Request-ContainerImage 127.0.0.1:99999/x")]
    [InlineData("InvalidRegistryName", "Disconnect-ContainerRegistry 127.0.0.1:99999")]
    [InlineData("AuthFileNotFound", "Request-ContainerImage 127.0.0.1:1/x -AuthFile /x/auth.json")]
    [InlineData("AuthFileNotFound", "New-Container 127.0.0.1:1/x -AuthFile /x/auth.json")]
    [InlineData("RegistryNotFound", "Get-ContainerRegistry nowhere.example")]
    public void What_cannot_be_is_an_error_with_a_stable_id(string errorId, string command)
    {
        ErrorRecord error = Assert.Single(shell.Run(command).Errors);
        Assert.Equal(errorId, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
    }

    [SkippableFact]
    public void Who_never_signed_in_is_told_so()
    {
        ScriptResult result = shell.Run("Disconnect-ContainerRegistry nowhere.example -WarningVariable said -WarningAction SilentlyContinue; $said");
        Assert.Empty(result.Errors);
        Assert.Contains("nowhere.example", Assert.Single(result.Lines), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("Request-ContainerImage a -Platform linux/arm6", "linux/arm64")]
    [InlineData("Import-ContainerImage a -Change CM", "'CMD '")]
    [InlineData("Get-ContainerStorageDriver ov", "overlay")]
    public void Words_are_completed(string line, string completed)
    {
        Assert.Equal([completed], shell.Run("(TabExpansion2 -inputScript $args[0] -cursorColumn $args[0].Length).CompletionMatches.CompletionText", line).Lines);
    }

    [SkippableFact]
    public void Docker_users_find_their_words()
    {
        const string words = "'Pull-ContainerImage', 'Push-ContainerImage', 'Login-ContainerRegistry', 'Logout-ContainerRegistry', 'Search-ContainerImage', "
            + "'Save-ContainerImage', 'Load-ContainerImage', 'Commit-Container', 'Diff-Container', 'Tag-ContainerImage', 'Untag-ContainerImage'";
        ScriptResult result = shell.Run($"{words} | ForEach-Object {{ (Get-Command $_ -CommandType Alias).Definition }}");
        Assert.Empty(result.Errors);
        Assert.Equal(11, result.Output.Count);
    }
}
