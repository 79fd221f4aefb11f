# Limits, devices and the monitors' place on a host with cgroup v2 alone, as systemd distributions have it.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $tree = '/sys/fs/cgroup'
    $group = "$tree/pwsh-containers"
    $usable = (id -u) -eq '0' -and (Test-Path "$tree/cgroup.controllers") -and (Get-Command busybox -ErrorAction Ignore)

    function Assert-V2 {
        if (-not $usable) {
            Set-ItResult -Skipped -Because 'this needs root, busybox and a host with cgroup v2 alone'
        }
    }

    function Assert-Systemd {
        Assert-V2
        if (-not (Test-Path '/run/systemd/system')) {
            Set-ItResult -Skipped -Because 'this needs systemd'
        }
    }

    # What the kernel says about a running container.
    function Read-Limit([string] $Name, [string] $File) {
        Get-Content -LiteralPath "$group/$((Get-Container $Name).Id)/$File"
    }

    function Wait-Until([scriptblock] $Condition, [int] $Seconds = 10) {
        $until = [datetime]::UtcNow.AddSeconds($Seconds)
        while (-not (& $Condition) -and [datetime]::UtcNow -lt $until) {
            Start-Sleep -Milliseconds 20
        }
        [bool] (& $Condition)
    }

    if ($usable) {
        $root = New-TestRoot
        $manifest = Join-Path $moduleFolder 'Containers.psd1'
        Import-Module $manifest
        $null = New-ContainerImage box -Program busybox
    }
}

AfterAll {
    if ($usable) {
        Get-Container | Remove-Container -Force
        Remove-TestRoot $root
    }
}

Describe 'cgroup v2' {
    AfterEach {
        if ($usable) {
            Get-Container | Remove-Container -Force
        }
    }

    It 'shows a container its own cgroup as the top of the tree, and its limits in it' {
        Assert-V2
        $script = 'cd /sys/fs/cgroup; cat /proc/self/cgroup memory.max pids.max cpu.max cpuset.cpus'
        $lines = Invoke-ContainerImage box sh, -c, $script -Memory 64MB -PidsLimit 33 -Cpu 0.5 -CpuSet 0 -RemoveOnExit
        $lines | Should -Be '0::/', '67108864', '33', '50000 100000', '0'
    }

    It 'changes the limits of a running container' {
        Assert-V2
        $null = Invoke-ContainerImage box sleep, 1000 -Detach -Name limits -Memory 64MB -MemorySwap 128MB -PidsLimit 33 -Cpu 0.5
        Read-Limit limits 'memory.swap.max' | Should -Be '67108864'
        Set-Container limits -Memory 96MB -MemorySwap 200MB -PidsLimit 44 -Cpu 1.5
        Read-Limit limits 'memory.max' | Should -Be '100663296'
        Read-Limit limits 'memory.swap.max' | Should -Be '109051904'
        Read-Limit limits 'pids.max' | Should -Be '44'
        Read-Limit limits 'cpu.max' | Should -Be '90000 100000'
    }

    It 'reports that memory ran out, and the exit code of who survived it' {
        Assert-V2
        $eat = 'x=a; while :; do x=$x$x; done'
        $null = Invoke-ContainerImage box sh, -c, $eat -Name first -Memory 16MB -MemorySwap 16MB
        $null = Invoke-ContainerImage box sh, -c, "($eat) & wait; exit 7" -Name other -Memory 16MB -MemorySwap 16MB 2>&1
        (Get-Container first).OomKilled | Should -BeTrue
        (Get-Container first).ExitCode | Should -Be 137
        (Get-Container other).OomKilled | Should -BeTrue
        (Get-Container other).ExitCode | Should -Be 7
    }

    It 'holds a fork bomb under its limit' {
        Assert-V2
        $null = Invoke-ContainerImage box sh, -c, 'bomb() { bomb | bomb & }; bomb; sleep 1000' -Detach -Name bomb -PidsLimit 20
        Wait-Until { (Read-Limit bomb 'pids.events') -match '^max [1-9]' } | Should -BeTrue
        [int] (Read-Limit bomb 'pids.current') | Should -BeLessOrEqual 20
    }

    It 'freezes, thaws and kills' {
        Assert-V2
        $null = Invoke-ContainerImage box sh, -c, 'trap "" TERM; (trap "" TERM; sleep 1000) & wait' -Detach -Name tree
        Suspend-Container tree
        Read-Limit tree 'cgroup.events' | Should -Contain 'frozen 1'
        Resume-Container tree
        Read-Limit tree 'cgroup.events' | Should -Contain 'frozen 0'
        $processes = Read-Limit tree 'cgroup.procs'
        Stop-Container tree -Timeout 0
        (Get-Container tree).ExitCode | Should -Be 137
        $processes.Where({ Test-Path "/proc/$_" }) | Should -BeNullOrEmpty
    }

    It 'denies the devices that no rule allows' {
        Assert-V2
        # 1:11 is /dev/kmsg: the node can be made, but not opened.
        $script = 'exec 2>&1; mknod /dev/k c 1 11; cat /dev/k; echo x > /dev/null && echo null'
        $lines = Invoke-ContainerImage box sh, -c, $script -RemoveOnExit
        "$lines" | Should -Match 'Operation not permitted'
        "$lines" | Should -Match 'null$'
    }

    It 'removes the cgroups that a privileged container made' {
        Assert-V2
        $script = 'cd /sys/fs/cgroup; mkdir -p a/b/c d; echo $$ > a/b/c/cgroup.procs; cat /proc/self/cgroup'
        Invoke-ContainerImage box sh, -c, $script -Name nested -Privileged | Should -Be '0::/a/b/c'
        $directory = "$group/$((Get-Container nested).Id)"
        Wait-Until { -not (Test-Path $directory) } | Should -BeTrue
    }

    It 'puts further programs into the group of their container, and under its limits' {
        Assert-V2
        $null = Invoke-ContainerImage box sleep, 1000 -Detach -Name web -Network none -PidsLimit 20
        Invoke-ContainerCommand web cat /proc/self/cgroup | Should -Be '0::/'
        $program = Start-ContainerProcess web sleep, 500
        $id = (Get-Container web).Id
        $here = Get-Content "$group/$id/cgroup.procs"
        $names = $here | ForEach-Object { (Get-Content "/proc/$_/cmdline") -replace "`0", ' ' }
        @($names -match 'sleep 500').Count | Should -Be 1
        Invoke-ContainerCommand web sh, -c, 'i=0; while [ $i -lt 40 ]; do sleep 300 & i=$((i+1)); done; wait' -ErrorAction Ignore
        @(Get-Content "$group/$id/cgroup.procs").Count | Should -BeLessOrEqual 20
        $program | Stop-ContainerProcess
    }

    It 'measures processor, memory and processes' {
        Assert-V2
        $null = Invoke-ContainerImage box sh, -c, 'while :; do :; done' -Detach -Name busy -Network none -Memory 64MB -PidsLimit 33
        $seen = Measure-Container busy -Interval 1s
        $seen.CpuPercent | Should -BeGreaterThan 20
        $seen.MemoryUsage | Should -BeGreaterThan 0
        $seen.MemoryLimit | Should -Be 64MB
        $seen.Pids | Should -Be 1
    }

    It 'checks health inside the group' {
        Assert-V2
        $null = Invoke-ContainerImage box sleep, 1000 -Detach -Name web -Network none -HealthCommand 'test "$(cat /proc/self/cgroup)" = 0::/' -HealthInterval 1s
        Wait-Container web -Condition Healthy -Timeout 30
        (Test-ContainerHealth web).Succeeded | Should -BeTrue
    }

    It 'masks several directories' {
        Assert-V2
        # Before Linux 6.15 the second mask is made in another way than the first.
        $lines = Invoke-ContainerImage box ls, -A, /etc, /proc/driver, /proc/tty -Mask '/etc', '/proc/driver', '/proc/tty' -RemoveOnExit
        $lines | Where-Object { $_ } | Should -Be '/etc:', '/proc/driver:', '/proc/tty:'
    }
}

Describe 'a monitor under systemd' {
    BeforeAll {
        # Runs a script as a session of its own that systemd can end.
        function Invoke-InUnit([string[]] $Kind, [string] $Script) {
            $variables = "CONTAINERS_DATA_ROOT=$env:CONTAINERS_DATA_ROOT", "CONTAINERS_RUN_ROOT=$env:CONTAINERS_RUN_ROOT"
            $shell = (Get-Process -Id $PID).Path
            systemd-run --quiet @Kind env @variables $shell -NoProfile -NonInteractive -Command "Import-Module '$manifest'; $Script" 2>&1
        }

        $unit = 'containers-test-' + [guid]::NewGuid().ToString('N').Substring(0, 12)
    }

    AfterEach {
        if ($usable) {
            Get-Container | Remove-Container -Force
        }
    }

    It 'outlives the service that started it' {
        Assert-Systemd
        $null = Invoke-InUnit '--wait', '--unit', $unit 'Invoke-ContainerImage box sleep, 1000 -Detach -Name web'
        $web = Get-Container web
        $web.State | Should -Be 'Running'
        $web.Supervised | Should -BeTrue
        Wait-Until { (Get-Content "/proc/$($web.MonitorProcessId)/cgroup") -eq '0::/pwsh-containers/monitors' } | Should -BeTrue
    }

    It 'outlives a scope that is stopped before it left it' {
        Assert-Systemd
        $stop = "systemctl stop --no-block $unit.scope; Start-Sleep 60"
        $null = Invoke-InUnit '--scope', '--unit', $unit "`$null = Invoke-ContainerImage box sleep, 1000 -Detach -Name web; $stop"
        (Get-Container web).State | Should -Be 'Running'
        (Get-Container web).Supervised | Should -BeTrue
    }

    It 'removes the group of monitors with the last one' {
        Assert-Systemd
        if (Test-Path $group) {
            Set-ItResult -Skipped -Because 'other containers of this host run'
        }

        $null = Invoke-InUnit '--wait', '--unit', $unit '1..3 | ForEach-Object { Invoke-ContainerImage box sleep, 1000 -Detach }'
        @(Get-Container).Count | Should -Be 3
        Get-Container | Remove-Container -Force
        Wait-Until { -not (Test-Path $group) } | Should -BeTrue
    }

    It 'starts what its restart policy wants by the unit, and stops it with the unit' {
        Assert-Systemd
        if (Test-Path '/etc/systemd/system/containers-restart.service') {
            Set-ItResult -Skipped -Because 'this host has the unit already'
        }

        $null = Invoke-ContainerImage box sleep, 1000 -Detach -Name always -Network none -RestartPolicy Always -StopTimeout 1
        $null = Invoke-ContainerImage box sleep, 1000 -Detach -Name never -Network none -StopTimeout 1
        $installed = Install-ContainerUnit -Confirm:$false
        try {
            # As after a reboot: nothing of them runs, and they are of another boot.
            foreach ($name in 'always', 'never') {
                $one = Get-Container $name
                kill -9 $one.MonitorProcessId $one.ProcessId
            }
            Wait-Until { @(Get-Container | Where-Object State -eq Running).Count -eq 0 } | Should -BeTrue
            systemctl start $installed.Name
            Wait-Until { (Get-Container always).State -eq 'Running' } 60 | Should -BeTrue
            (Get-Container never).State | Should -Be 'Exited'
            (Get-Content "/proc/$((Get-Container always).MonitorProcessId)/cgroup") | Should -Not -Match $installed.Name
            systemctl stop $installed.Name
            Wait-Until { (Get-Container always).State -eq 'Exited' } 60 | Should -BeTrue
        }
        finally {
            Uninstall-ContainerUnit -Confirm:$false
        }
    }

    It 'leaves no group behind when it was killed' {
        Assert-Systemd
        if (Test-Path $group) {
            Set-ItResult -Skipped -Because 'other containers of this host run'
        }

        $null = Invoke-InUnit '--wait', '--unit', $unit 'Invoke-ContainerImage box sleep, 1000 -Detach -Name web'
        $web = Get-Container web
        kill -9 $web.MonitorProcessId
        Wait-Until { -not (Get-Container web).Supervised } | Should -BeTrue
        Test-Path "/proc/$($web.ProcessId)" | Should -BeTrue
        Remove-Container web -Force
        Test-Path $group | Should -BeFalse
    }
}
