namespace Containers.Cmdlets.Tests.Hosting;

[Collection("hosted shell")]
public sealed class HostedShellTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HostedShell _shell;

    public HostedShellTests() => _shell = new HostedShell(_folder.Module(), width: 40);

    public void Dispose()
    {
        _shell.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Output_errors_warnings_and_the_exit_code_are_kept_apart()
    {
        ScriptResult result = _shell.Run("(Get-Tiny).Name; Write-Warning careful; Test-TinyError; /bin/sh -c 'exit 3'");
        Assert.Equal(["web"], result.Lines);
        Assert.Equal("careful", Assert.Single(result.Warnings));
        Assert.Equal("ContainerNotFound,Test-TinyError", Assert.Single(result.Errors).FullyQualifiedErrorId);
        Assert.Equal(3, result.LastExitCode);
        Assert.True(result.HadErrors);
        Assert.False(_shell.Run("1").HadErrors);
    }

    [Fact]
    public void A_terminating_error_is_the_last_of_the_errors()
    {
        ScriptResult result = _shell.Run("Test-TinyError; throw 'end'; 'never'");
        Assert.Empty(result.Output);
        Assert.Equal(["No container 'x' exists.", "end"], result.Errors.Select(e => e.ToString()));
    }

    [Fact]
    public void The_format_view_of_the_module_makes_the_table()
    {
        string[] lines = _shell.Show("Get-Tiny").HostText.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["THING             KIB", "-----             ---", "web                 2"], lines);
    }

    [Fact]
    public void The_width_of_the_host_bounds_the_lines()
    {
        string text = _shell.Show("[pscustomobject]@{ A = 'x' * 100; B = 1 } | Format-Table").HostText;
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 40));
        Assert.Contains('…', text);
    }

    [Fact]
    public void The_roots_are_those_of_the_session()
    {
        Assert.Equal([_shell.DataRoot, _shell.RunRoot], _shell.Run("$env:CONTAINERS_DATA_ROOT, $env:CONTAINERS_RUN_ROOT").Lines);
    }

    [Fact]
    public async Task Stop_ends_a_running_pipeline()
    {
        Task<ScriptResult> running = _shell.RunAsync("1; Start-Sleep 60; 2");
        while (!running.IsCompleted)
        {
            await Task.Delay(50);
            _shell.Stop();
        }

        ScriptResult result = await running;
        Assert.True(result.Stopped);
        Assert.DoesNotContain("2", result.Lines);
    }

    [Fact]
    public void A_confirmation_gets_the_prepared_answer()
    {
        _shell.Answer(2, 0);
        Assert.Equal(["kept", "removed b"], _shell.Run("Remove-Tiny a; Remove-Tiny b").Lines);
    }
}
