# Containers on the bridge: each start makes and each end takes away an interface, an address and rules.

# With a bridge: docker and podman, where they are installed.
function Get-BridgeRival { @('docker', 'podman').Where({ $Rivals.Contains($_) }) }

# From the call to the exit, in a warm session; no other container runs, so that the rules of the network come and go as well.
function Measure-NetRun {
    $run = { Invoke-ContainerImage bench -Command true -RemoveOnExit -Network bridge }
    foreach ($i in 1..60) { & $run }
    Start-Sleep -Seconds 1
    $actions = [ordered]@{ containers = { Measure-Milliseconds $run } }
    foreach ($name in Get-BridgeRival) {
        $actions[$name] = { Invoke-Rival $name (@(Get-RunOption $name -Bridge) + @('--rm', 'bench', 'true')) }.GetNewClosure()
    }
    Measure-Round 'bridge: run true to exit' $actions $Rounds @{ docker = 1 / 15 } -WarmUp 3

    # Beside a container that stays: its network's rules stand already. Docker always works like this.
    $stays = Invoke-ContainerImage bench -Command sleep, 1000 -Detach -Network bridge
    $beside = [ordered]@{ containers = $actions.containers }
    if ($actions.Contains('docker')) { $beside.docker = $actions.docker }
    Measure-Round 'bridge: the same, not alone' $beside $Rounds @{ docker = 1 / 15 } -WarmUp 3
    $stays | Remove-Container -Force -Confirm:$false
}

# Started in the background one after another: milliseconds for each.
function Measure-NetDetached {
    $count = 10
    $actions = [ordered]@{
        containers = {
            $time = Measure-Milliseconds { 1..$count | ForEach-Object { Invoke-ContainerImage bench -Command sleep, 1000 -Detach -Network bridge } }
            Get-Container | Remove-Container -Force -Confirm:$false
            $time / $count
        }
    }
    foreach ($name in Get-BridgeRival) {
        $actions[$name] = {
            $sum = 0
            foreach ($i in 1..$count) {
                $sum += Invoke-Rival $name (@(Get-RunOption $name -Bridge) + @('-d', '--name', "detached$i", 'bench', 'sleep', '1000'))
            }
            Remove-RivalContainer $name (1..$count | ForEach-Object { "detached$_" })
            $sum / $count
        }.GetNewClosure()
    }
    Measure-Round 'bridge: start detached, each' $actions ([Math]::Min($Rounds, 5)) @{ docker = 1 / 12 } -WarmUp 1
}

function Remove-RivalContainer([string] $Name, [string[]] $Container) {
    $null = Invoke-Rival $Name (@('rm', '-f') + @($(if ($Name -eq 'podman') { '--time', '0' })) + $Container)
}

# In the background with one port published; the removal is not timed.
function Measure-NetPublish {
    $actions = [ordered]@{
        containers = {
            Measure-Milliseconds { Invoke-ContainerImage bench -Name published -Command sleep, 1000 -Detach -Network bridge -Publish 18080:80 }
            Remove-Container published -Force -Confirm:$false
        }
    }
    foreach ($name in Get-BridgeRival) {
        $actions[$name] = {
            Invoke-Rival $name (@(Get-RunOption $name -Bridge) + @('-d', '--name', 'published', '-p', '18080:80', 'bench', 'sleep', '1000'))
            Remove-RivalContainer $name published
        }.GetNewClosure()
    }
    Measure-Round 'start with a published port' $actions $Rounds @{ docker = 1 / 12 } -WarmUp 2
}

# A port of a container that runs, published and taken back. Nobody else can.
function Measure-PublishLive {
    $container = Invoke-ContainerImage bench -Command sleep, 1000 -Detach -Network bridge
    $publish = [Collections.Generic.List[double]]::new()
    $unpublish = [Collections.Generic.List[double]]::new()
    foreach ($round in -3..($Rounds - 1)) {
        $on = Measure-Milliseconds { Publish-ContainerPort $container.Id 18080:80 }
        $off = Measure-Milliseconds { Unpublish-ContainerPort $container.Id 80 -Confirm:$false }
        if ($round -ge 0) { $publish.Add($on); $unpublish.Add($off) }
    }
    Add-Figure 'publish a port, running' containers ms $publish.ToArray() $null $null
    Add-Figure 'unpublish it' containers ms $unpublish.ToArray() $null $null
    $container | Remove-Container -Force -Confirm:$false
}

# Rules and chains that are not the kernel's own, in a network namespace.
function Get-RuleCount([int] $Space) {
    foreach ($program in 'iptables-save', 'ip6tables-save') {
        Invoke-InSpace $Space @($program) | Where-Object { $_ -match '^-A |^:\S+ - ' }
    }
}

# A hundred started one after another and stopped together: does a start depend on how many there are, and what stays behind?
function Measure-NetHundred {
    $count = 100
    $polite = 'trap "exit 0" TERM; sleep 1000 & wait'
    Add-Hundred containers 3 @{
        Start = { Measure-Milliseconds { Invoke-ContainerImage bench -Command sh, -c, $polite -Detach -Network bridge } }
        Stop = { Measure-Milliseconds { Get-Container | Stop-Container } }
        Remove = { Get-Container | Remove-Container -Confirm:$false }
        Rules = { @(Get-RuleCount $PID).Count }
    }
    if ($Rivals.Contains('docker')) {
        Add-Hundred docker 1 @{
            Start = { param($i) Invoke-Rival docker (@(Get-RunOption docker -Bridge) + @('-d', '--name', "hundred$i", 'bench', 'sh', '-c', $polite)) }
            Stop = { Invoke-Rival docker (@('stop') + (1..$count | ForEach-Object { "hundred$_" })) }
            Remove = { Remove-RivalContainer docker (1..$count | ForEach-Object { "hundred$_" }) }
            # What it keeps for its bridge, containers or not.
            Rules = { @(Get-RuleCount $Dockerd.Id).Count }
        }
    }
}

function Add-Hundred([string] $Engine, [int] $Times, [hashtable] $Action) {
    $measured = @{ Total = @(); Growth = @(); Stop = @(); Rules = @() }
    foreach ($time in 1..$Times) {
        $starts = [double[]] (1..$count | ForEach-Object { & $Action.Start $_ })
        $measured.Total += ($starts | Measure-Object -Sum).Sum / 1000
        $measured.Growth += (Get-Median $starts[-5..-1]) / (Get-Median $starts[0..4])
        $measured.Stop += & $Action.Stop
        $measured.Rules += & $Action.Rules
        $null = & $Action.Remove
    }
    $ours = $Engine -eq 'containers'
    Add-Figure 'bridge: 100 started' $Engine s $measured.Total $null $null
    Add-Figure 'last five to first five' $Engine x $measured.Growth $null $($ours ? 1.5 : $null)
    Add-Figure 'all of them stopped' $Engine ms $measured.Stop $null $null
    Add-Figure 'rules left then' $Engine rules $measured.Rules $null $($ours ? 0 : $null)
}
