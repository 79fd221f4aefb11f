namespace Containers.Cmdlets.Tests.Building;

/// <content>A program of .NET: the SDK of this host is a context with a name, for it is in no package of Debian.</content>
public sealed partial class RealDockerfileTests
{
    [SkippableFact]
    public void ADotNetProgramIsPublishedByTheSdkAndRunsWithTheRuntimeAlone()
    {
        string? sdk = DotNetRoot();
        Skip.If(sdk is null, "there is no SDK of .NET on this host");
        BuildOnDebianWith(
            "-BuildContext @{ sdk = $args[3] }", sdk, "app",
            "FROM debian:12 AS build", "ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1", "WORKDIR /src",
            "COPY <<'EOF' nuget.config", "<configuration><packageSources><clear /></packageSources></configuration>", "EOF",
            "COPY <<'EOF' app.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\">", "  <PropertyGroup>", "    <OutputType>Exe</OutputType>",
            $"    <TargetFramework>net{Environment.Version.Major}.0</TargetFramework>", "    <ImplicitUsings>enable</ImplicitUsings>",
            "    <InvariantGlobalization>true</InvariantGlobalization>", "    <UseAppHost>false</UseAppHost>", "  </PropertyGroup>", "</Project>", "EOF",
            "COPY <<'EOF' Program.cs", "Console.WriteLine($\"{args.FirstOrDefault() ?? \"nobody\"} by .NET {Environment.Version.Major}\");",
            "return args.Length > 1 ? int.Parse(args[1]) : 0;", "EOF",
            "RUN --mount=from=sdk,target=/usr/share/dotnet --mount=type=cache,target=/root/.nuget \\",
            "    /usr/share/dotnet/dotnet publish -c Release -o /out -nodeReuse:false -p:UseSharedCompilation=false",
            "FROM debian:12", "ENV DOTNET_ROOT=/usr/share/dotnet PATH=$PATH:/usr/share/dotnet", "COPY --from=sdk dotnet /usr/share/dotnet/",
            "COPY --from=sdk host /usr/share/dotnet/host", "COPY --from=sdk shared/Microsoft.NETCore.App /usr/share/dotnet/shared/Microsoft.NETCore.App",
            "COPY --from=build /out /app", "USER 1000", "ENTRYPOINT [\"dotnet\", \"/app/app.dll\"]");
        Assert.Equal([$"nobody by .NET {Environment.Version.Major}", "0"], Ok("Invoke-ContainerImage app -RemoveOnExit -Network none; $LASTEXITCODE").Lines);
        Assert.Equal(
            [$"you by .NET {Environment.Version.Major}", "7"],
            Ok("Invoke-ContainerImage app -RemoveOnExit -Network none -Command you, 7; $LASTEXITCODE").Lines);
        Assert.Equal(
            ["app.deps.json app.dll app.pdb app.runtimeconfig.json", "no SDK"], InImage("app", "cd /app; echo *; test -e $DOTNET_ROOT/sdk || echo no SDK"));
        Clear("app");
    }

    /// <summary>The folder of the dotnet that runs this, if it is an SDK's.</summary>
    private static string? DotNetRoot() =>
        new[] { Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"), Environment.ProcessPath }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "dotnet")))
            .Where(program => Path.GetFileName(program) == "dotnet" && File.Exists(program))
            .Select(program => Path.GetDirectoryName(new FileInfo(program!).ResolveLinkTarget(true)?.FullName ?? program))
            .Prepend(Environment.GetEnvironmentVariable("DOTNET_ROOT"))
            .FirstOrDefault(root => root is { Length: > 0 } && Directory.Exists(Path.Combine(root, "shared/Microsoft.NETCore.App"))
                && Directory.Exists(Path.Combine(root, "sdk"))
                && Directory.GetDirectories(Path.Combine(root, "sdk"), $"{Environment.Version.Major}.*").Length > 0);
}
