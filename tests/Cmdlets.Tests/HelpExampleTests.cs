using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Images;
using Containers.HelpBuilder;

namespace Containers.Cmdlets.Tests;

/// <summary>Runs every example of the help pages as it stands: what the help promises works, and says so without an error.</summary>
[Collection("hosted shell")]
public sealed class HelpExampleTests(LoopbackRegistry registry) : IClassFixture<LoopbackRegistry>
{
    /// <summary>What the pages call the registry that the tests start at a port of the kernel's choice: docs/cmdlets/_format.md.</summary>
    private const string RegistryInPages = "localhost:5000";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private static readonly Lazy<IReadOnlyList<HelpExample>> s_examples = new(() => [.. HelpPages.Examples(PagesFolder())]);

    public static TheoryData<string, string> Examples
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (HelpExample example in s_examples.Value)
            {
                data.Add(example.Cmdlet, example.Title);
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Examples))]
    public async Task An_example_of_the_help_runs_without_an_error_and_all_it_made_can_be_removed(string cmdlet, string title)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Running containers needs root.");
        Skip.If(BuiltOutput.Module is null, "The module is not staged: run ./build.sh build.");
        Skip.IfNot(IsInstalled("busybox"), "busybox is not installed (Debian: busybox-static).");
        HelpExample example = s_examples.Value.Single(each => each.Cmdlet == cmdlet && each.Title == title);
        bool needsRegistry = example.Code.Contains(RegistryInPages, StringComparison.Ordinal);
        Skip.If(needsRegistry && LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);
        using TemporaryFolder current = new();
        using HostedShell shell = new();
        AssertNoErrors(shell.Run("Set-Location $args[0]; New-ContainerImage -Name busybox -Program busybox", current.Path));
        try
        {
            Task<ScriptResult> running = shell.RunAsync(example.Code.Replace(RegistryInPages, registry.Address, StringComparison.Ordinal));
            if (await Task.WhenAny(running, Task.Delay(s_patience)) != running)
            {
                shell.Stop();
                Assert.Fail($"The example still ran after {s_patience.TotalSeconds} seconds.");
            }

            AssertNoErrors(await running);
        }
        finally
        {
            AssertNoErrors(shell.Run("Set-Location /; Remove-Container * -Force"));
        }

        Assert.Empty(shell.Run("Get-Container").Output);
    }

    [Fact]
    public void No_two_examples_of_a_page_have_the_same_title()
    {
        Assert.NotEmpty(s_examples.Value);
        Assert.Distinct(s_examples.Value.Select(example => example.ToString()));
    }

    private static void AssertNoErrors(ScriptResult result)
    {
        Assert.True(result.Errors.Count == 0, string.Join('\n', result.Errors.Select(Describe)));
        Assert.False(result.Stopped);
    }

    private static string Describe(ErrorRecord error) => $"{error.FullyQualifiedErrorId}: {error}\n{error.Exception}";

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(directory => directory.Length > 0 && File.Exists(Path.Combine(directory, program)));

    private static string PagesFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string pages = Path.Combine(folder.FullName, "docs", "cmdlets");
            if (Directory.Exists(pages))
            {
                return pages;
            }
        }

        throw new DirectoryNotFoundException("docs/cmdlets is not above the tests.");
    }
}
