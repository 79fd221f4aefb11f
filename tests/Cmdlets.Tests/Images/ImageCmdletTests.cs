using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Images;

/// <summary>The cmdlets of images at work: files, bytes, names, a registry on loopback, what can be cleared.</summary>
[Collection("hosted shell")]
public sealed class ImageCmdletTests(LoopbackRegistry registry) : IClassFixture<LoopbackRegistry>
{
    private const string Password = "c4n4ry-of-a-build";

    /// <summary>Bcrypt of it.</summary>
    private const string Hash = "$2b$04$abcdefghijklmnopqrstuu6QEy54VYMU0wnoba1qkDHi9HQ.cyRNu";

    [SkippableFact]
    public void An_image_comes_back_from_a_file_and_from_the_pipeline()
    {
        using TemporaryFolder folder = new();
        using HostedShell shell = Shell();
        string id = Ok(shell, "(Get-ContainerImage tiny).Id").Lines.Single();
        Assert.Equal(["a.tar"], Ok(shell, "(Export-ContainerImage tiny \"$($args[0])/a.tar\").Name", folder.Path).Lines);
        Assert.Equal("FileExists", Fail(shell, "Export-ContainerImage tiny \"$($args[0])/a.tar\"", folder.Path));
        Ok(shell, "$null = Remove-ContainerImage tiny");
        Assert.Equal([id], Ok(shell, "(Import-ContainerImage \"$($args[0])/*.tar\").Id", folder.Path).Lines);
        Ok(shell, "$bytes = Export-ContainerImage tiny -AsByteStream; $null = Remove-ContainerImage tiny");
        Assert.Equal(["Byte[]"], Ok(shell, "$bytes | ForEach-Object { $_.GetType().Name } | Select-Object -First 1").Lines);
        Assert.Equal([id], Ok(shell, "($bytes | Import-ContainerImage).Id").Lines);
    }

    [SkippableFact]
    public void S24_An_archive_moves_no_name_without_being_allowed_to()
    {
        using TemporaryFolder folder = new();
        using HostedShell shell = Shell();
        Ok(shell, "$old = Get-ContainerImage tiny; $null = Export-ContainerImage tiny \"$($args[0])/a.tar\"; $null = Remove-ContainerImage tiny", folder.Path);
        Ok(shell, "$new = New-ContainerImage tiny -Program busybox -Message other");
        shell.Answer(2);
        Ok(shell, "$null = Import-ContainerImage \"$($args[0])/a.tar\"", folder.Path);
        Assert.Equal(["True"], Ok(shell, "(Get-ContainerImage tiny).Id -eq $new.Id").Lines);
        Ok(shell, "$null = Import-ContainerImage \"$($args[0])/a.tar\" -Force", folder.Path);
        Assert.Equal(["True"], Ok(shell, "(Get-ContainerImage tiny).Id -eq $old.Id").Lines);
    }

    [SkippableFact]
    public void A_tar_of_a_root_is_no_image_until_it_is_said_to_be_a_root()
    {
        using TemporaryFolder folder = new();
        using HostedShell shell = Shell();
        Ok(shell, "Set-Location $args[0]; $null = New-Item -ItemType Directory -Path root/etc; tar -cf root.tar -C root .; Set-Location /", folder.Path);
        Assert.Equal("NotAnImageArchive", Fail(shell, "Import-ContainerImage \"$($args[0])/root.tar\"", folder.Path));
        Assert.Equal(
            ["rooted:latest"],
            Ok(shell, "Import-ContainerImage \"$($args[0])/root.tar\" -AsRootFileSystem rooted -Change 'CMD [\"sh\"]' | ForEach-Object { \"$_\" }", folder.Path).Lines);
        Assert.Equal(["sh"], Ok(shell, "(Get-ContainerImage rooted).Command").Lines);
    }

    [SkippableFact]
    public void Names_come_and_go()
    {
        using HostedShell shell = Shell();
        Assert.Equal(["3"], Ok(shell, "(Add-ContainerImageTag tiny a:1, a:2).References.Count").Lines);
        Ok(shell, "$null = New-ContainerImage other -Program busybox -Message x");
        Assert.Equal("ImageTagExists", Fail(shell, "Add-ContainerImageTag other a:1"));
        Assert.Equal(["Untagged: a:1", "Untagged: a:2"], Ok(shell, "Remove-ContainerImageTag a:* | ForEach-Object { \"$_\" }").Lines.Order());
        Assert.Equal("ImageTagNotFound", Fail(shell, "Remove-ContainerImageTag a:1"));
    }

    [SkippableFact]
    public void A_repository_is_all_of_its_tags_and_what_was_found_by_a_name_has_that_name_first()
    {
        using TemporaryFolder folder = new();
        using HostedShell shell = Shell();
        Ok(shell, "$null = Add-ContainerImageTag tiny a:1, many:1, many:2; $null = New-ContainerImage many:3 -Program busybox -Message other");
        Assert.Equal(["many:1", "many:3"], Ok(shell, "Get-ContainerImage many | ForEach-Object { \"$_\" }").Lines.Order());
        Assert.Equal(["many:2"], Ok(shell, "Get-ContainerImage many:2 | ForEach-Object { \"$($_.Repository):$($_.Tag)\" }").Lines);
        Assert.Equal(["many:2"], Ok(shell, "Get-ContainerImage man*:2 | ForEach-Object { \"$_\" }").Lines);
        Assert.Equal(["tiny:latest a:1 many:1 many:2"], Ok(shell, "\"$((Get-ContainerImage tiny).References)\"").Lines);
        Assert.Equal(["a:1"], Ok(shell, "Get-ContainerImage (Get-ContainerImage tiny).ShortId | ForEach-Object { \"$_\" }").Lines);
        Assert.Equal("ImageNotFound", Fail(shell, "Get-ContainerImage nothing"));
        Assert.Equal("ImageNotFound", Fail(shell, "Get-ContainerImage many:4"));
        Assert.Equal(["many:1"], Ok(shell, "$null = Export-ContainerImage many:1 \"$($args[0])/a.tar\"; Import-ContainerImage \"$($args[0])/a.tar\" | ForEach-Object { \"$_\" }", folder.Path).Lines);
    }

    [SkippableFact]
    public void WhatIf_of_a_removal_names_what_would_go_or_what_stands_in_the_way()
    {
        using HostedShell shell = Shell();
        Ok(shell, "$null = Add-ContainerImageTag tiny b3:a, b1:a");
        ScriptResult refused = shell.Run("Get-ContainerImage tiny | Remove-ContainerImage -WhatIf");
        ErrorRecord error = Assert.Single(refused.Errors);
        Assert.Equal("ImageHasSeveralReferences", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("b1:a, b3:a, tiny:latest", error.Exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("What if", refused.HostText, StringComparison.Ordinal);
        string id = Ok(shell, "(Get-ContainerImage tiny).ShortId").Lines.Single();
        ScriptResult forced = Ok(shell, "Get-ContainerImage tiny | Remove-ContainerImage -Force -WhatIf");
        Assert.Contains($"Remove image \"{id}\" with its names b1:a, b3:a, tiny:latest", forced.HostText, StringComparison.Ordinal);
        Assert.Contains("Remove image \"b3:a\"", Ok(shell, "Remove-ContainerImage b3:a -WhatIf").HostText, StringComparison.Ordinal);
        Assert.Equal("ImageNotFound", Fail(shell, "Remove-ContainerImage nothing -WhatIf"));
    }

    [SkippableFact]
    public void Names_files_and_places_that_cannot_be_are_refused_with_what_they_are()
    {
        using TemporaryFolder folder = new();
        using HostedShell shell = Shell();
        Assert.Equal("InvalidImageReference", Fail(shell, "Add-ContainerImageTag tiny (Get-ContainerImage tiny).Id"));
        File.WriteAllText(folder.Path + "/note.txt", "no tar");
        Assert.Equal("NotAnImageArchive", Fail(shell, "Import-ContainerImage \"$($args[0])/note.txt\"", folder.Path));
        ErrorRecord root = Assert.Single(shell.Run("Import-ContainerImage \"$($args[0])/note.txt\" -AsRootFileSystem", folder.Path).Errors);
        Assert.Contains("no tar archive", root.Exception.Message, StringComparison.Ordinal);
        ErrorRecord missing = Assert.Single(shell.Run("Export-ContainerImage tiny \"$($args[0])/none/a.tar\"", folder.Path).Errors);
        Assert.EndsWith($"'{folder.Path}/none/a.tar' cannot be written: there is no directory '{folder.Path}/none'.", missing.Exception.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_interrupted_work_left_is_counted_and_cleared()
    {
        using HostedShell shell = Shell();
        string left = Path.Combine(shell.DataRoot, "layers", "new-0123456789abcdef");
        Directory.CreateDirectory(left);
        File.WriteAllBytes(left + "/file", new byte[100_000]);
        Assert.Equal(["Leftovers 1 True"], Ok(shell, "Get-ContainerStorage | Where-Object Type -eq Leftovers | ForEach-Object { \"$($_.Type) $($_.Total) $($_.Reclaimable -ge 100000)\" }").Lines);
        Assert.Equal(["new-0123456789abcdef"], Ok(shell, "Clear-ContainerStorage -Image -Force | Where-Object Type -eq Leftover | ForEach-Object Id").Lines);
        Assert.False(Directory.Exists(left));
        Assert.Empty(Ok(shell, "Get-ContainerStorage | Where-Object Type -eq Leftovers").Output);
    }

    [SkippableFact]
    public void A_pull_takes_the_credential_that_it_is_given_or_that_a_file_has()
    {
        Skip.If(LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);

        using LoopbackRegistry closed = new("alice:" + Hash);
        using TemporaryFolder folder = new();
        using HostedShell shell = Shell();
        string name = closed.Address + "/cmdlets/closed:1";
        string file = folder.Path + "/auth.json";
        Ok(shell, "$alice = [pscredential]::new('alice', [System.Net.NetworkCredential]::new('', '" + Password + "').SecurePassword)");
        Ok(shell, "$null = Connect-ContainerRegistry $args[0] -Credential $alice -AuthFile $args[1]", closed.Address, file);
        Assert.Equal("RegistryUnauthorized", Fail(shell, "Submit-ContainerImage tiny $args[0]", name));
        Ok(shell, "$null = Submit-ContainerImage tiny $args[0] -AuthFile $args[1]", name, file);
        Assert.Equal("ImageNotFound", Fail(shell, "New-Container $args[0]", name)); // The registry does not even say that it has it.
        Assert.Equal([name], Ok(shell, "(New-Container $args[0] -Name got -Credential $alice).Image; Remove-Container got; $null = Remove-ContainerImage $args[0]", name).Lines);
        Assert.Equal([name], Ok(shell, "(New-Container $args[0] -Name got -AuthFile $args[1]).Image; Remove-Container got; $null = Remove-ContainerImage $args[0]", name, file).Lines);
        Assert.Equal([name], Ok(shell, "Request-ContainerImage $args[0] -AuthFile $args[1] | ForEach-Object { \"$_\" }", name, file).Lines);
    }

    [SkippableFact]
    public void What_docker_inspect_prints_is_one_array()
    {
        using HostedShell shell = Shell();
        ScriptResult result = Ok(shell, "$json = Get-ContainerImageDetail tiny -AsJson; $json.GetType().Name; $read = $json | ConvertFrom-Json; "
            + "$read.RepoTags; $read.RootFS.Layers.Count; $read.Config.Cmd");
        Assert.Equal(["String", "tiny:latest", "1", "date"], result.Lines);
    }

    [SkippableFact]
    public void An_image_goes_to_a_registry_and_is_found_there()
    {
        Skip.If(LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);
        using TemporaryFolder folder = new();
        using HostedShell shell = Shell();
        string name = registry.Address + "/cmdlets/tiny";
        Ok(shell, "$name, $folder = $args; $pushed = '1.0', '1.1' | ForEach-Object { Submit-ContainerImage tiny \"${name}:$_\" -DigestFile $folder/digest }", name, folder.Path);
        Assert.Equal(Ok(shell, "$pushed[1].Digest").Lines.Single(), File.ReadAllText(folder.Path + "/digest").Trim());
        Assert.Equal(["1.0", "1.1"], Ok(shell, "(Find-ContainerImageTag $args[0] 1.*).Tag", name).Lines.Order());
        Assert.Equal(["1"], Ok(shell, "@(Find-ContainerImage tiny -Registry $args[0] -First 5).Count", registry.Address).Lines);
        ScriptResult all = Ok(shell, "$null = Remove-ContainerImage tiny; Request-ContainerImage $args[0] -AllTags | ForEach-Object Id", name);
        Assert.Equal(2, all.Output.Count);
        Assert.Equal(["True"], Ok(shell, "(Get-ContainerImage $args[0] -Digest).Digest -eq $pushed[0].Digest", name + ":1.0").Lines);
    }

    [SkippableFact]
    public void WhatIf_writes_what_would_be_cleared_and_clears_nothing()
    {
        using HostedShell shell = Shell();
        Ok(shell, "$null = New-Container tiny -Name old");
        ScriptResult seen = Ok(shell, "Clear-ContainerStorage -Container -WhatIf | ForEach-Object { \"$_\" }");
        Assert.Equal(["Container old"], seen.Lines);
        Assert.Contains("What if: Remove container \"old\"", seen.HostText, StringComparison.Ordinal);
        Assert.Equal(["old"], Ok(shell, "(Get-Container).Name").Lines);
        shell.Answer(2);
        Assert.Empty(Ok(shell, "Clear-ContainerStorage -Container").Output);
        Assert.Equal(["Container old"], Ok(shell, "Clear-ContainerStorage -Container -Force | ForEach-Object { \"$_\" }").Lines);
        Assert.Empty(Ok(shell, "Get-Container").Output);
    }

    [SkippableFact]
    public void An_image_that_is_missing_is_pulled_for_a_container_unless_it_must_be_here()
    {
        Skip.If(LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);
        using HostedShell shell = Shell();
        string name = registry.Address + "/cmdlets/missing:1";
        Ok(shell, "$null = Submit-ContainerImage tiny $args[0]; $null = Remove-ContainerImage tiny", name);
        Assert.Equal("ImageNotFound", Fail(shell, "New-Container $args[0] -PullPolicy Never", name));
        Assert.Equal([name], Ok(shell, "(New-Container $args[0] -Name got).Image", name).Lines);
        Ok(shell, "Remove-Container got");
    }

    private static HostedShell Shell()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Images and containers need root.");
        Skip.If(BuiltOutput.Module is null, "The module is not staged: run ./build.sh build.");
        Skip.IfNot(File.Exists("/bin/busybox") || File.Exists("/usr/bin/busybox"), "busybox is not installed (Debian: busybox-static).");
        HostedShell shell = new();
        Ok(shell, "$null = New-ContainerImage tiny -Program busybox -Command date");
        return shell;
    }

    private static ScriptResult Ok(HostedShell shell, string script, params object?[] arguments)
    {
        ScriptResult result = shell.Run(script, arguments);
        Assert.True(result.Errors.Count == 0, string.Join('\n', result.Errors.Select(error => $"{error.FullyQualifiedErrorId}: {error}\n{error.Exception}")));
        return result;
    }

    private static string Fail(HostedShell shell, string script, params object?[] arguments)
    {
        ErrorRecord error = Assert.Single(shell.Run(script, arguments).Errors);
        return error.FullyQualifiedErrorId.Split(',')[0];
    }
}
