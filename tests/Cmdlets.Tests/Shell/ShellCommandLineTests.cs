using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Shell;

/// <summary>Exit codes were measured with pwsh 7.6.</summary>
public sealed class ShellCommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _module;

    public ShellCommandLineTests() => _module = _folder.Module();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1", 0)]
    [InlineData("exit 5", 5)]
    [InlineData("throw 'x'", 1)]
    [InlineData("Write-Error bad", 1)]
    [InlineData("Write-Error bad; 1", 0)]
    [InlineData("/bin/false", 1)]
    [InlineData("/bin/sh -c 'exit 9'", 1)]
    [InlineData("/bin/sh -c 'exit 9'; exit $LASTEXITCODE", 9)]
    [InlineData("if (", 1)]
    public void The_exit_code_of_a_command_is_that_of_pwsh(string command, int expected) =>
        Assert.Equal(expected, Run("-Command", command).ExitCode);

    [Theory]
    [InlineData("/bin/false", 0)]
    [InlineData("Write-Error bad", 0)]
    [InlineData("throw 'x'", 1)]
    [InlineData("exit 7", 7)]
    public void The_exit_code_of_a_file_is_that_of_pwsh(string script, int expected) =>
        Assert.Equal(expected, Run("-File", _folder.File("s.ps1", script)).ExitCode);

    [Fact]
    public void A_file_gets_its_arguments_by_name_and_by_place()
    {
        string file = _folder.File("s.ps1", "param($A, [switch]$S, [int]$N) \"$A|$S|$($N + 1)|$($args -join ',')|$PSScriptRoot\"");
        Assert.Equal($"x y|True|5|rest,more|{_folder.Path}\n", Run("-NoProfile", "-File", file, "-a", "x y", "-S", "-N", "4", "rest", "more").Output);
        Assert.Equal($"-1|False|1||{_folder.Path}\n", Run(file, "-S:$false", "-1").Output);
    }

    [Fact]
    public void A_missing_file_is_bad_usage()
    {
        (int exitCode, _, string error) = Run("-File", "/nowhere.ps1");
        Assert.Equal(64, exitCode);
        Assert.Contains("'/nowhere.ps1'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_view_of_the_module_formats_its_objects()
    {
        Assert.Equal("\nTHING             KIB\n-----             ---\nweb                 2\n\n", Run("-Command", "Get-Tiny").Output);
    }

    [Fact]
    public void An_error_goes_to_standard_error_with_its_recommendation()
    {
        (int exitCode, string output, string error) = Run("-Command", "Test-TinyError");
        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains("Test-TinyError: No container 'x' exists.", error, StringComparison.Ordinal);
        Assert.Contains("Recommendation: Run Get-Container", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', error);
    }

    [Fact]
    public void Warnings_and_progress_do_not_disturb_the_output()
    {
        (_, string output, string error) = Run("-Command", "Write-Warning w; Write-Progress a -PercentComplete 5; Write-Verbose v -Verbose; 'o'");
        Assert.Equal("o\n", output);
        Assert.Equal("WARNING: w\nVERBOSE: v\n", error);
    }

    [Fact]
    public void Piped_lines_are_the_input_of_the_command()
    {
        Assert.Equal("<a>\n<b>\n", ShellProcess.Run("a\nb\n", "-Module", _module, "-Command", "$input | ForEach-Object { \"<$_>\" }").Output);
    }

    [Fact]
    public void A_command_that_does_not_use_its_input_leaves_it_to_the_programs_it_starts()
    {
        Assert.Equal("first\nhi\n", ShellProcess.Run("hi\n", "-Module", _module, "-Command", "'first'; /bin/cat").Output);
    }

    [Fact]
    public void Endless_input_is_read_as_it_is_needed()
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", $"yes | '{BuiltOutput.Shell}' -Module '{_module}' -Command '$input | Select-Object -First 3'"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Assert.True(process.WaitForExit(30_000));
        Assert.Equal("y\ny\ny\n", process.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void A_reader_that_leaves_ends_the_script()
    {
        ProcessStartInfo start = new(
            "/bin/bash",
            ["-c", $"'{BuiltOutput.Shell}' -Module '{_module}' -Command 'while (1) {{ \"line\" }}' | head -n 2; echo ${{PIPESTATUS[0]}}"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Assert.True(process.WaitForExit(30_000));
        Assert.Equal("line\nline\n141\n", process.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void Commands_on_standard_input_run_one_after_the_other()
    {
        (int exitCode, string output, string error) =
            ShellProcess.Run("1+1\nthrow 'oops'\nif ($true) {\n  'multi'\n}\nexit 3\n'never'\n", "-Module", _module);
        Assert.Equal(3, exitCode);
        Assert.Equal("2\nmulti\n", output);
        Assert.Contains("oops", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupt_ends_the_script_with_130_after_its_finally()
    {
        using Process process = ShellProcess.Start("-Module", _module, "-Command", "try { 'begun'; Start-Sleep 60 } finally { [Console]::Out.Flush() }");
        Assert.Equal("begun", process.StandardOutput.ReadLine());
        using (Process kill = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id}"]))
        {
            kill.WaitForExit();
        }

        Assert.True(process.WaitForExit(20_000));
        Assert.Equal(130, process.ExitCode);
    }

    [Fact]
    public void A_question_without_an_answer_is_an_error_and_changes_nothing()
    {
        (int exitCode, string output, string error) = ShellProcess.Run("", "-Module", _module, "-Command", "Remove-Tiny a");
        // A function goes on after the failed call of ShouldProcess, hence 0, with pwsh -NonInteractive too.
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("removed", output, StringComparison.Ordinal);
        Assert.Contains("-Confirm:$false", error, StringComparison.Ordinal);
        Assert.Contains("removed a", ShellProcess.Run("y\n", "-Module", _module, "-Command", "Remove-Tiny a").Output, StringComparison.Ordinal);
    }

    private (int ExitCode, string Output, string Error) Run(params string[] arguments) =>
        ShellProcess.Run(null, ["-Module", _module, .. arguments]);
}
