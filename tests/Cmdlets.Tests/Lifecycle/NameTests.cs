using System.Management.Automation;

namespace Containers.Cmdlets.Tests.Lifecycle;

public class NameTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableTheory]
    [InlineData("web")]
    [InlineData("WEB")]
    public void A_name_is_given_once_whatever_the_case(string twin)
    {
        Ok("$null = New-Container busybox -Name web");
        ErrorRecord error = Fails("NameConflict", $"New-Container busybox -Name {twin}");
        Assert.Equal((ErrorCategory.ResourceExists, (object)twin), (error.CategoryInfo.Category, error.TargetObject));
        Assert.Single(Ok("Get-Container").Output);
        Ok("Remove-Container web");
        Ok($"$null = New-Container busybox -Name {twin}");
        Assert.Equal(twin, Get(twin, "Name"));
    }

    [SkippableFact]
    public void Replace_removes_the_owner_of_the_name_also_a_running_one()
    {
        Detach("web");
        string id = Get("web", "Id");
        Detach("web", parameters: "-Replace");
        Assert.NotEqual(id, Get("web", "Id"));
        Assert.Single(Ok("Get-Container").Output);
    }

    [SkippableFact]
    public void Containers_are_found_by_pattern_by_the_beginning_of_the_id_and_by_objects()
    {
        Ok("$null = 'web1', 'web2', 'db' | ForEach-Object { New-Container busybox -Name $_ }");
        Assert.Equal(["web1", "web2"], Ok("(Get-Container WEB?).Name").Lines);
        Assert.Equal(["db"], Ok("Get-Container (Get-Container db).Id.Substring(0, 10) | ForEach-Object Name").Lines);
        Assert.Equal(["db"], Ok("Get-Container (Get-Container db).Id.ToUpper() | ForEach-Object Name").Lines);
        Assert.Equal(["web2"], Ok("(Get-Container web2 | Start-Container -PassThru).Name").Lines);
        Assert.Equal(["db"], Ok("([pscustomobject]@{ Name = 'db' } | Get-Container).Name").Lines);
        Ok("Remove-Container web* -Force");
        Assert.Equal(["db"], Ok("(Get-Container).Name").Lines);
    }

    [SkippableFact]
    public void The_beginning_of_two_ids_means_neither()
    {
        // 17 containers have two ids with the same first digit.
        Ok("$null = 1..17 | ForEach-Object { New-Container busybox }");
        string digit =
            Ok("(Get-Container).Id | ForEach-Object { $_[0] } | Group-Object | Where-Object Count -gt 1 | Select-Object -First 1 -Expand Name")
            .Lines.Single();
        Assert.Equal(ErrorCategory.InvalidArgument,
            Fails("AmbiguousContainerId", $"Remove-Container -Name '{digit}'").CategoryInfo.Category);
        Assert.Equal(17, Ok("Get-Container").Output.Count);
    }

    [SkippableFact]
    public void Rename_frees_the_old_name_and_keeps_the_container()
    {
        Detach("web");
        Ok("$null = New-Container busybox -Name db");
        string id = Get("web", "Id");
        Fails("NameConflict", "Rename-Container web DB");
        Fails("InvalidName", "Rename-Container web 'a b'");
        Assert.Equal(["front"], Ok("(Rename-Container web front -PassThru).Name").Lines);
        Assert.Equal(id, Get("front", "Id"));
        Fails("ContainerNotFound", "Get-Container web");
        Ok("$null = New-Container busybox -Name web");
        Ok("Rename-Container front Front");
        Assert.Equal("Front", Get("front", "Name"));
        Ok("Stop-Container front -Force");
    }

    [SkippableFact]
    public void A_renamed_container_that_removes_itself_frees_its_new_name()
    {
        Detach("a", "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done", "-RemoveOnExit");
        AwaitLog("a", "up");
        Ok("Rename-Container a b");
        Ok("Stop-Container b");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
        Ok("$null = New-Container busybox -Name a; $null = New-Container busybox -Name b");
    }
}
