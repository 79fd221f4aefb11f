using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>Terminal escapes, injection, wildcards, hijacked folders: S55 to S59.</summary>
[Collection("hosted shell")]
public sealed class TextAttackTests(AttackBench bench) : IClassFixture<AttackBench>
{
    private const string Escape = "\u001b]0;owned\u0007\u001b[2Jred\u009b31m";

    [SkippableFact]
    public void S55_Escapes_of_images_labels_and_logs_do_not_reach_the_terminal()
    {
        string image = bench.Image("plain");
        ScriptResult made = bench.Shell.Run(
            "New-ContainerImage -Program busybox -Reference evil -Author $args[0] -Message $args[0] -Label @{ a = $args[0] } -Command $args[0]", Escape);
        Assert.Empty(made.Errors);
        bench.Shell.Run($"$null = New-Container {image} -Name labelled -Label @{{ note = $args[0] }} -Command 'echo',$args[0]; Start-Container labelled; $null = Wait-Container labelled", Escape);
        foreach (string command in new[]
            { "Get-ContainerImage", "Get-ContainerImage | Format-List", "Get-Container -All", "Get-Container -All | Format-List", "Get-ContainerLog labelled", "Get-ContainerPlan -Name labelled" })
        {
            string text = bench.Shell.Show(command.Replace(" -All", "", StringComparison.Ordinal)).HostText;
            Assert.NotEqual("", text);
            Assert.DoesNotContain(text, c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
        }

        bench.Remove("labelled");
    }

    public static TheoryData<string> Injections => new("$(touch CANARY/ran)", "a`$(touch CANARY/ran)", "'; touch CANARY/ran; '", "\u2019; touch CANARY/ran; \u2018", "\"; touch CANARY/ran #", "a\ntouch CANARY/ran", "--; touch");

    [SkippableTheory]
    [MemberData(nameof(Injections))]
    public void S56_Text_is_never_run(string pattern)
    {
        HostedShell shell = bench.Shell;
        string text = pattern.Replace("CANARY", bench.Canary, StringComparison.Ordinal);
        string image = bench.Image("plain");
        foreach (string command in new[]
        {
            "Get-Container -Name $args[0]", "Stop-Container -Name $args[0]", "Remove-Container -Name $args[0]", "Get-ContainerLog -Name $args[0]",
            "Get-ContainerImage -Reference $args[0]", "Remove-ContainerImage $args[0]", $"New-Container {image} -Name $args[0]",
            "New-ContainerImage -Path $args[0] -Reference x", "Import-ContainerImage -Path $args[0]",
            "[void](TabExpansion2 -inputScript \"Stop-Container -Name $($args[0])\" -cursorColumn 21)",
        })
        {
            shell.Run(command, text);
        }

        string output = AttackBench.Text(shell.Run($"Invoke-ContainerImage {image} -RemoveOnExit -Command echo,$args[0]", text));
        Assert.Equal(text, output);
        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S56_A_completed_text_is_one_literal()
    {
        HostedShell shell = bench.Shell;
        string hostile = "x:it\u2019s$(1)";
        bench.Shell.Run($"$null = New-Container {bench.Image("plain")} -Name quoted -Command true");
        ScriptResult result = shell.Run("(TabExpansion2 -inputScript 'Start-Container -Name quo' -cursorColumn 25).CompletionMatches.CompletionText");
        Assert.Equal(["quoted"], result.Lines);
        Assert.NotEmpty(shell.Run($"New-Container plain -Name $args[0]", hostile).Errors);
        bench.Remove("quoted");
    }

    [SkippableTheory]
    [InlineData("[a]*")]
    [InlineData("C:")]
    [InlineData("Env:")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("-Force")]
    [InlineData("*")]
    public void S57_A_container_cannot_have_a_name_that_means_others(string name)
    {
        ScriptResult result = bench.Shell.Run($"New-Container {bench.Image("plain")} -Name $args[0] -Command true", name);
        Assert.StartsWith("InvalidName", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void S57_A_pattern_removes_what_it_names_and_nothing_else()
    {
        string image = bench.Image("plain");
        bench.Shell.Run($"'aa','ab','b' | ForEach-Object {{ $null = New-Container {image} -Name $_ -Command true }}; Remove-Container 'a[a]'");
        Assert.Equal(["ab", "b"], bench.Shell.Run("(Get-Container).Name | Sort-Object").Lines);
        bench.Shell.Run("Remove-Container ab,b");
    }

    [SkippableTheory]
    [InlineData("CONTAINERS_DATA_ROOT", "chmod 777 \"$R\"")]
    [InlineData("CONTAINERS_RUN_ROOT", "chmod 770 \"$R\"")]
    [InlineData("CONTAINERS_RUN_ROOT", "chown 12345 \"$R\"")]
    [InlineData("CONTAINERS_DATA_ROOT", "rmdir \"$R\"; ln -s \"$CANARY\" \"$R\"")]
    public void S59_A_state_root_that_others_control_is_refused(string variable, string spoil)
    {
        AttackBench.Require();
        using TemporaryFolder folder = new();
        string root = Path.Combine(folder.Path, variable);
        Directory.CreateDirectory(root);
        _ = bench.Shell;
        bench.Host($"R='{root}'; {spoil}");
        ScriptResult result = InNewSession(variable, root, folder.Path);
        Assert.Contains("DataRootNotSafe", string.Join(' ', result.Lines), StringComparison.Ordinal);

        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S59_A_monitor_that_others_can_write_is_not_run()
    {
        AttackBench.Require();
        using TemporaryFolder folder = new();
        bench.Host($"cp -r '{Path.GetDirectoryName(BuiltOutput.Module)}' '{folder.Path}/Containers'; chmod o+w '{folder.Path}/Containers/bin/containers-monitor'");
        ScriptResult result = InNewSession("X", "y", folder.Path, $"{folder.Path}/Containers/Containers.psd1");
        Assert.Contains("MonitorNotSafe", string.Join(' ', result.Lines), StringComparison.Ordinal);
    }

    /// <summary>A process of its own, because the engine of this one has its roots already.</summary>
    private ScriptResult InNewSession(string variable, string value, string temporary, string? module = null)
    {
        string script = "try { $null = New-ContainerImage -Program busybox -Reference b -ErrorAction Stop; "
            + "Invoke-ContainerImage b -Command true -ErrorAction Stop; 'RAN' } catch { $_.FullyQualifiedErrorId }";
        string output = bench.Host(
            $"export CONTAINERS_DATA_ROOT='{temporary}/d' CONTAINERS_RUN_ROOT='{temporary}/r'; export {variable}='{value}'; "
            + $"'{BuiltOutput.Shell}' -Command \"Import-Module '{module ?? BuiltOutput.Module}'; {script.Replace("$", "\\$", StringComparison.Ordinal)}\" || true");
        return new ScriptResult([output], [], [], [], 0, false, "", false);
    }
}
