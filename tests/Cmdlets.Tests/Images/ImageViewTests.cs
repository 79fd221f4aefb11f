using Containers.Cmdlets.Tests.Network;

namespace Containers.Cmdlets.Tests.Images;

/// <summary>What the views of images, registries and storage show, of objects made up here.</summary>
[Collection("hosted shell")]
public sealed class ImageViewTests(ModuleShell shell) : IClassFixture<ModuleShell>
{
    public static TheoryData<string, string, string> Views => new()
    {
        {
            "New-EngineObject ContainerChange @{ Kind = 'Added'; Path = '/a b'; Type = 'File'; Size = 2048; Container = 'web' }",
            "Kind Path Type Size", "A /a b File 2 KB"
        },
        {
            "New-EngineObject ContainerChange @{ Kind = 'Deleted'; Path = '/a'; Type = 'File'; Container = 'web' }",
            "Kind Path Type Size", "D /a File"
        },
        {
            "New-EngineObject ImageLayer @{ Index = 0; DiffId = 'sha256:' + ('ab' * 32); Size = 1MB; CreatedBy = 'ADD x /'; Images = @('a', 'b') }",
            "Index Id Size Images CreatedBy", "0 abababababab 1 MB 2 ADD x /"
        },
        {
            "New-EngineObject ImageHistoryEntry @{ CreatedBy = 'CMD'; Comment = 'c'; ImageId = 'sha256:' + ('cd' * 32) }",
            "Image Created CreatedBy Size Comment", "cdcdcdcdcdcd CMD 0 B c"
        },
        {
            "New-EngineObject StorageUsage @{ Type = 'Images'; Total = 3; Active = 1; Size = 4MB; Reclaimable = 1MB }",
            "Type Total Active Size Reclaimable", "Images 3 1 4 MB 1 MB (25%)"
        },
        {
            "New-EngineObject ReclaimedItem @{ Type = 'Container'; Id = 'ab' * 32; Name = 'web'; Size = 10 }",
            "Type Id Name Size", "Container abababababab web 10 B"
        },
        {
            "New-EngineObject ReclaimedItem @{ Type = 'Leftover'; Id = 'new-0123456789abcdef'; Name = 'new-0123456789abcdef'; Size = 10 }",
            "Type Id Name Size", "Leftover new-0123456789abcdef new-0123456789abcdef 10 B"
        },
        {
            "New-EngineObject ContainerRegistry @{ Registry = 'a.io'; UserName = 'me'; Source = '/x'; Insecure = $true; Mirrors = @('b.io') }",
            "Registry UserName Source Notes", "a.io me /x insecure, mirrors: b.io"
        },
        {
            "New-EngineObject ContainerImageTag @{ Repository = 'a'; Tag = '1'; Digest = 'sha256:' + ('ab' * 32); Platforms = @('linux/amd64', 'linux/386') }",
            "Repository Tag Digest Platforms", "a 1 abababababab linux/amd64, linux/386"
        },
        {
            "New-EngineObject StorageDriverInfo @{ Name = 'btrfs'; Reason = 'No btrfs here.' }",
            "Name Current Available Containers Reason", "btrfs no 0 No btrfs here."
        },
        {
            "New-EngineObject PushedImage @{ Reference = 'a.io/b:1'; Digest = 'sha256:ab'; ImageId = 'x'; Size = 1KB; Sent = 0 }",
            "Reference Digest Size Sent", "a.io/b:1 sha256:ab 1 KB 0 B"
        },
        {
            "New-EngineObject HostCheckResult @{ Check = 'LayerDamaged'; IsError = $true; Target = 'x'; Message = 'It is.' }",
            "Check Error Target Message", "LayerDamaged yes x It is."
        },
    };

    [SkippableTheory]
    [MemberData(nameof(Views))]
    public void A_table_tells_the_most_important(string script, string header, string row) =>
        Assert.Equal([header, row], Lines(script).Where(line => !line.StartsWith('-') && line != "Container: web"));

    [SkippableFact]
    public void Things_are_grouped_by_their_kind_and_changes_by_their_container()
    {
        string[] lines = Lines("'Images', 'Images', 'Layers' | ForEach-Object { New-EngineObject StorageItem @{ Type = $_; Id = 'ab'; Size = 1; InUse = $true } }");
        Assert.Equal(["Type: Images", "Type: Layers"], lines.Where(line => line.StartsWith("Type:", StringComparison.Ordinal)));
        string[] changes = Lines("'web', 'db' | ForEach-Object { New-EngineObject ContainerChange @{ Path = '/a'; Container = $_ } }");
        Assert.Equal(["Container: web", "Container: db"], changes.Where(line => line.StartsWith("Container:", StringComparison.Ordinal)));
    }

    [SkippableTheory]
    [InlineData("New-EngineObject ContainerChange @{ Path = $args[0]; Container = $args[0] }")]
    [InlineData("New-EngineObject ImageHistoryEntry @{ CreatedBy = $args[0]; Comment = $args[0]; Author = $args[0]; ImageId = $args[0] }")]
    [InlineData("New-EngineObject ImageLayer @{ Index = 0; DiffId = 'x'; CreatedBy = $args[0]; Images = @($args[0]); Blobs = @($args[0]) }")]
    [InlineData("New-EngineObject ContainerImageTag @{ Repository = $args[0]; Tag = $args[0]; Digest = $args[0]; Platforms = @($args[0]) }")]
    [InlineData("New-EngineObject ContainerImageSearchResult @{ Name = $args[0]; Registry = 'x'; Description = $args[0] }")]
    [InlineData("New-EngineObject ContainerRegistry @{ Registry = $args[0]; UserName = $args[0]; Source = $args[0]; Mirrors = @($args[0]) }")]
    [InlineData("New-EngineObject PushedImage @{ Reference = $args[0]; Digest = $args[0]; ImageId = 'x' }")]
    [InlineData("New-EngineObject StorageItem @{ Type = $args[0]; Id = $args[0]; Name = $args[0] }")]
    [InlineData("New-EngineObject ReclaimedItem @{ Type = $args[0]; Id = $args[0]; Name = $args[0] }")]
    [InlineData("New-EngineObject HostCheckResult @{ Check = $args[0]; Target = $args[0]; Message = $args[0]; Action = $args[0] }")]
    public void No_text_of_others_steers_the_terminal(string script)
    {
        string text = shell.Show(script, "\u001b]0;owned\u0007\u001b[2Jred\u009b31m").HostText;
        Assert.Contains("red", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
    }

    private IEnumerable<string> Words(string script) => shell.Show(script).HostText.Split('\n')
        .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Trim());

    private string[] Lines(string script) => [.. Words(script).Where(line => line.Length > 0)];
}
