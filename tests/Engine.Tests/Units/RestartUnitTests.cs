using Containers.Engine.Units;
using Xunit;

namespace Containers.Engine.Tests.Units;

public sealed class RestartUnitTests
{
    [Fact]
    public void The_unit_runs_this_powershell_with_this_module_and_these_roots()
    {
        string unit = RestartUnit.Compose(
            "/opt/power shell/pwsh", "/srv/100%/Containers.psd1", new Dictionary<string, string> { ["CONTAINERS_DATA_ROOT"] = "/data/\"x\"" }, "/data/\"x\"");

        string[] lines = unit.Split('\n');
        Assert.Contains("Environment=\"CONTAINERS_MODULE=/srv/100%%/Containers.psd1\" \"CONTAINERS_DATA_ROOT=/data/\\\"x\\\"\"", lines);
        Assert.Contains("RequiresMountsFor=\"/data/\\\"x\\\"\"", lines);
        Assert.Contains(
            "ExecStart=\"/opt/power shell/pwsh\" -NoLogo -NoProfile -NonInteractive -Command "
            + "\"Import-Module -Name $${env:CONTAINERS_MODULE} -ErrorAction Stop; Start-Container -Policy\"",
            lines);
        Assert.Single(lines, line => line.StartsWith("ExecStop=", StringComparison.Ordinal) && line.EndsWith("Stop-Container -Shutdown\"", StringComparison.Ordinal));
        Assert.DoesNotContain("@", unit, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_never_becomes_another_line_of_the_unit()
    {
        EngineException e = Assert.Throws<EngineException>(
            () => RestartUnit.Compose("/opt/pwsh", "/srv/x\nExecStartPre=/bin/evil", new Dictionary<string, string>(), "/data"));

        Assert.Equal("UnitPathNotUsable", e.ErrorId);
    }

    [Fact]
    public void Installing_enables_by_a_link_and_uninstalling_leaves_nothing()
    {
        string directory = Directory.CreateTempSubdirectory("unit-").FullName;
        try
        {
            List<string> warnings = [];
            ContainerUnit unit = RestartUnit.Install(directory, "one", warnings);
            Assert.Equal(new ContainerUnit(RestartUnit.Name, Path.Combine(directory, RestartUnit.Name), Enabled: true, Known: false), unit);
            Assert.Equal(unit.Path, RestartUnit.Install(directory, "two", warnings).Path);

            string link = Path.Combine(directory, "multi-user.target.wants", RestartUnit.Name);
            Assert.Equal("two", File.ReadAllText(link));
            Assert.Equal(unit.Path, File.ResolveLinkTarget(link, returnFinalTarget: true)!.FullName);

            Assert.NotNull(RestartUnit.Uninstall(directory, warnings));
            Assert.Empty(Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories));
            Assert.Null(RestartUnit.Uninstall(directory, warnings));
            Assert.Empty(warnings);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
