using Containers.Build.Tools;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// Tools test-report <results folder>
// Tools failed-tests <trx> <most>: the filter that runs them again, or nothing
// Tools package <folder> <target without ending> <seconds since 1970>
switch (args)
{
    case ["test-report", var results]:
        return TestReport.Read(results).Print(Console.Out);
    case ["failed-tests", var trx, var most]:
        Console.WriteLine(TestReport.FilterOfFailed(trx, int.Parse(most, System.Globalization.CultureInfo.InvariantCulture)));
        return 0;
    case ["package", var folder, var target, var seconds]:
        var epoch = long.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture);
        Packer.Pack(folder, target, DateTimeOffset.FromUnixTimeSeconds(epoch));
        return 0;
    default:
        Console.Error.WriteLine("usage: Tools test-report <results folder> | failed-tests <trx> <most> | package <folder> <target> <seconds since 1970>");
        return 2;
}
